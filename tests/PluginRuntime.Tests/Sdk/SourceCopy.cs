using System.Diagnostics;
using System.IO.Compression;

namespace PluginRuntime.Tests.Sdk;

/// <summary>The Sdk's, the library's and the connectors' sources in a temporary directory, to be built and packed there without touching what the build left here.</summary>
public sealed class SourceCopy : IDisposable
{
    private readonly string _root;

    /// <summary>Makes the copy; nothing is built.</summary>
    public SourceCopy()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(root.FullName, "PluginRuntime.sln")))
        {
            root = root.Parent!;
        }

        _root = root.FullName;
        foreach (var file in root.EnumerateFiles().Where(file => file.Extension is ".props" or ".txt" or ".json" or ".config" or ".sh"))
        {
            file.CopyTo(System.IO.Path.Combine(Path, file.Name));
        }

        Copy(System.IO.Path.Combine(root.FullName, "sdk"), In("sdk"));
        Copy(System.IO.Path.Combine(root.FullName, "plugins"), In("plugins"));
        Copy(System.IO.Path.Combine(root.FullName, "src"), In("src"));
        Directory.CreateDirectory(In("artifacts"));
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("sources-").FullName;

    internal string In(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>Copies a directory of the repository too.</summary>
    internal void Add(string relative)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(In(relative))!);
        Copy(System.IO.Path.Combine(_root, relative), In(relative));
    }

    internal void Write(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(In(relative))!);
        File.WriteAllText(In(relative), content);
    }

    /// <summary>Runs a program in the copy's root.</summary>
    /// <returns>Its exit code, and its output and errors in one text.</returns>
    internal async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Path, RedirectStandardOutput = true, RedirectStandardError = true };
        Isolate(start.Environment);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var text = await output + await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, text);
    }

    internal async Task<(int ExitCode, string Output)> PackAsync(string project, params string[] arguments) =>
        await RunAsync("dotnet", ["pack", project, "--nologo", "-o", In("artifacts"), .. arguments]);

    /// <summary>The entries of a package that was packed into <c>artifacts</c>, by name.</summary>
    internal Dictionary<string, byte[]> Entries(string package)
    {
        using var archive = ZipFile.OpenRead(In(System.IO.Path.Combine("artifacts", package)));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return content.ToArray();
        });
    }

    /// <summary>Deletes the copy.</summary>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Nothing of the build that runs the tests, and no build node that stays behind.</summary>
    internal static void Isolate(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            environment.Remove(name);
        }

        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["CI"] = "false";
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }

        foreach (var directory in Directory.EnumerateDirectories(from).Where(directory => System.IO.Path.GetFileName(directory) is not ("bin" or "obj")))
        {
            Copy(directory, System.IO.Path.Combine(to, System.IO.Path.GetFileName(directory)));
        }
    }
}
