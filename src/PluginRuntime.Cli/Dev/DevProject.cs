using System.Text.Json;
using PluginRuntime.Cli.Testing;

namespace PluginRuntime.Cli.Dev;

/// <summary>The project that is built again and again: as little of it as the change allows.</summary>
internal sealed class DevProject
{
    private readonly string _assets;

    // What failed may have left anything undone.
    private bool _isWhole;

    private DevProject(string file, string output, string assets)
    {
        (File, Output, _assets) = (file, output, assets);
        Directory = Path.GetDirectoryName(file)!;
    }

    internal string File { get; }

    internal string Directory { get; }

    /// <summary>Where the build leaves the connector.</summary>
    internal string Output { get; }

    /// <summary>The <c>connector.test.json</c> beside it; null when there is none.</summary>
    internal string? TestFile => Path.Combine(Directory, Sdk.Testing.TestFile.Name) is var file && System.IO.File.Exists(file) ? file : null;

    /// <exception cref="CommandException">It cannot be evaluated, or builds for more than one framework.</exception>
    internal static async Task<DevProject> FindAsync(string path, CancellationToken cancellationToken)
    {
        var file = TestTarget.ProjectOf(Path.GetFullPath(path));
        var properties = await DotnetCommand.PropertiesAsync(file, ["TargetDir", "ProjectAssetsFile"], cancellationToken);
        return properties.GetProperty("TargetDir").GetString() is { Length: > 0 } output
            ? new(file, output, properties.GetProperty("ProjectAssetsFile").GetString()!)
            : throw new CommandException(ExitCode.Failed, $"{file} has no output folder of its own. Give it one TargetFramework.");
    }

    /// <exception cref="CommandException">The build failed.</exception>
    internal async Task BuildAsync(SourceChange change, CancellationToken cancellationToken)
    {
        var (restores, buildsReferences) = (!_isWhole || change.IsOfProject, !_isWhole || change.IsOfProject || change.IsOutside(Directory));
        try
        {
            await DotnetCommand.BuildAsync(File, restores, buildsReferences, cancellationToken);
            _isWhole = true;
        }
        catch (CommandException exception)
        {
            // Errors in sources leave the rest as it was.
            _isWhole = _isWhole && !restores && !buildsReferences && exception.Sentences.Skip(1).All(IsOfCompiler);
            throw;
        }
    }

    /// <summary>The directories of the projects that it refers to, those of these too.</summary>
    internal IReadOnlyList<string> References()
    {
        if (!System.IO.File.Exists(_assets))
        {
            return [];
        }

        return
        [
            .. JsonElement.Parse(System.IO.File.ReadAllBytes(_assets)).GetProperty("libraries").EnumerateObject()
                .Where(library => library.Value.GetProperty("type").ValueEquals("project"))
                .Select(library => Path.GetDirectoryName(Path.GetFullPath(library.Value.GetProperty("path").GetString()!, Directory))!),
        ];
    }

    private static bool IsOfCompiler(string error) => error.Contains("error CS", StringComparison.Ordinal);
}
