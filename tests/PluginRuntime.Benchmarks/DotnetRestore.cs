using System.Diagnostics;

namespace PluginRuntime.Benchmarks;

/// <summary><c>dotnet restore</c> of a small project, with the sources that this machine is configured with.</summary>
internal sealed class DotnetRestore
{
    private const string Project = "Restored.csproj";
    private readonly string _directory;

    /// <param name="directory">Made, for the project.</param>
    /// <param name="references">What it refers to, with exactly these versions.</param>
    internal DotnetRestore(string directory, IEnumerable<(string Id, string Version)> references)
    {
        _directory = Directory.CreateDirectory(directory).FullName;
        var lines = references.Select(reference => $"""    <PackageReference Include="{reference.Id}" Version="[{reference.Version}]" />""");
        File.WriteAllText(Path.Combine(_directory, Project), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {string.Join('\n', lines)}
              </ItemGroup>
            </Project>
            """);
    }

    /// <summary>The locations of the sources that are configured and enabled.</summary>
    internal static async Task<IReadOnlyList<string>> SourcesAsync(string directory)
    {
        var lines = await RunAsync(directory, null, "nuget", "list", "source", "--format", "short");
        return [.. lines.Split('\n').Where(line => line.StartsWith("E ", StringComparison.Ordinal)).Select(line => line[2..].Trim())];
    }

    /// <summary>Restores with empty caches of its own.</summary>
    /// <returns>Milliseconds.</returns>
    internal async Task<double> RunAsync(string caches)
    {
        var intermediate = Path.Combine(_directory, "obj");
        if (Directory.Exists(intermediate))
        {
            Directory.Delete(intermediate, recursive: true);
        }

        var start = Stopwatch.GetTimestamp();
        await RunAsync(_directory, caches, "restore", Project);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<string> RunAsync(string directory, string? caches, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true };

        // No process that stays behind, and nothing of the program that starts it.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (name, folder) in ((string, string)[])[("NUGET_PACKAGES", "packages"), ("NUGET_HTTP_CACHE_PATH", "http"), ("NUGET_SCRATCH", "scratch")])
        {
            start.Environment.Remove(name);
            if (caches is not null)
            {
                start.Environment[name] = Path.Combine(caches, folder);
            }
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}
