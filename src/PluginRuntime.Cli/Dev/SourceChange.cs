namespace PluginRuntime.Cli.Dev;

/// <summary>Files of a connector were saved.</summary>
/// <param name="Saved">The timestamp at which the first of them was.</param>
/// <param name="Paths">Which; without any, it is not known which.</param>
internal sealed record SourceChange(long Saved, IReadOnlyCollection<string> Paths)
{
    /// <summary>Whether what the project refers to may have changed, packages or projects.</summary>
    internal bool IsOfProject => Paths.Count == 0 || Paths.Any(path => Path.GetExtension(path) is ".csproj" or ".props" or ".targets" or ".config" || Path.GetFileName(path) == "global.json");

    /// <summary>Whether something outside a directory has changed.</summary>
    internal bool IsOutside(string directory) => Paths.Count == 0 || Paths.Any(path => !path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
