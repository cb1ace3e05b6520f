using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Testing;

/// <summary>What somebody asks to have tested: a project is published first, a folder and a package are taken as they are.</summary>
/// <param name="Path">The folder with <c>connector.json</c>, or the package.</param>
/// <param name="TestFile">The <c>connector.test.json</c> that lies beside the project or the folder; null when there is none.</param>
internal sealed record TestTarget(string Path, string? TestFile) : IDisposable
{
    private string? _made;

    internal bool IsPackage => Path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="CommandException">There is nothing, or its build failed.</exception>
    internal static async Task<TestTarget> FindAsync(string given, string? version, CancellationToken cancellationToken)
    {
        var path = System.IO.Path.GetFullPath(given);
        if (path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) && File.Exists(path))
        {
            return OfPackage(path);
        }

        if (File.Exists(System.IO.Path.Combine(path, "connector.json")))
        {
            return new(path, Beside(path));
        }

        var project = ProjectOf(path);
        var made = Directory.CreateTempSubdirectory("connector-test-").FullName;
        try
        {
            await DotnetCommand.PublishAsync(project, made, version, "Release", cancellationToken);
            return new(made, Beside(System.IO.Path.GetDirectoryName(project)!)) { _made = made };
        }
        catch
        {
            Directory.Delete(made, recursive: true);
            throw;
        }
    }

    internal static TestTarget OfPackage(string path) => new(path, Beside(System.IO.Path.GetDirectoryName(path)!));

    /// <summary>The project file that a path names, or that lies in the directory it names.</summary>
    /// <exception cref="CommandException">There is none, or more than one.</exception>
    internal static string ProjectOf(string path)
    {
        var projects = File.Exists(path) && path.EndsWith("proj", StringComparison.Ordinal) ? [path] : Directory.Exists(path) ? Directory.GetFiles(path, "*.csproj") : [];
        return projects switch
        {
            [var project] => project,
            [] => throw new CommandException(ExitCode.Failed, $"There is no connector at {path}: no project, no connector.json, no .nupkg."),
            _ => throw new CommandException(ExitCode.Failed, $"There are {projects.Length} projects in {path}. Name the connector's."),
        };
    }

    public void Dispose()
    {
        if (_made is not null)
        {
            Directory.Delete(_made, recursive: true);
        }
    }

    private static string? Beside(string directory) =>
        System.IO.Path.Combine(directory, TestFileName) is var file && File.Exists(file) ? file : null;

    private static string TestFileName => Sdk.Testing.TestFile.Name;
}
