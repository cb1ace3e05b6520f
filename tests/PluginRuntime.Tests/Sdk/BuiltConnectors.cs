using System.Diagnostics;

namespace PluginRuntime.Tests.Sdk;

/// <summary>The connectors of this repository as the build left them, and the exporter as its build step starts it.</summary>
internal static class BuiltConnectors
{
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static readonly string Root = FindRoot(new(AppContext.BaseDirectory));

    internal static string Output(string plugin) => Path.Combine(Root, "plugins", plugin, "bin", Configuration, "net10.0");

    internal static void Copy(string plugin, string destination)
    {
        var output = Output(plugin);
        foreach (var file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(destination, Path.GetRelativePath(output, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    internal static async Task<(int ExitCode, string Errors)> ExportAsync(string directory, string assembly, string version = "1.0.0")
    {
        var exporter = Path.Combine(Root, "sdk", "PluginRuntime.Sdk.Export", "bin", Configuration, "net10.0", "PluginRuntime.Sdk.Export.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { exporter, directory, assembly, version, "net10.0" })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }

    private static string FindRoot(DirectoryInfo directory) =>
        File.Exists(Path.Combine(directory.FullName, "PluginRuntime.sln")) ? directory.FullName : FindRoot(directory.Parent!);
}
