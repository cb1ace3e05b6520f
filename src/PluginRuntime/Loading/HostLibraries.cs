namespace PluginRuntime.Loading;

/// <summary>
/// Native libraries that the host's own packages brought. A connector that forgot its own would get these by name, and share whatever
/// version the host has.
/// </summary>
internal static class HostLibraries
{
    private static readonly string[] _directories = Read();

    /// <summary>The path of a library of the host by the name that code asks for; null when there is none.</summary>
    internal static string? Find(string name)
    {
        var extension = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        string[] files = [name, $"lib{name}{extension}", $"{name}{extension}", $"lib{name}"];
        return Path.IsPathRooted(name)
            ? null
            : _directories.SelectMany(_ => files, Path.Combine).FirstOrDefault(File.Exists);
    }

    private static string[] Read()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        return [.. ((string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(Path.TrimEndingDirectorySeparator)
            .Where(directory => directory != framework)
            .Distinct()];
    }
}
