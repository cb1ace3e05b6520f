namespace PluginRuntime.Loading;

/// <summary>Which assemblies belong to .NET itself. These alone, and the contract, a connector takes from the host's context.</summary>
internal static class FrameworkAssemblies
{
    private static readonly HashSet<string> _names = Read();

    internal static bool Contains(string name) => _names.Contains(name);

    private static HashSet<string> Read()
    {
        var paths = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);

        // By name, not by place: a program may bring a newer copy of a framework's assembly, which then stands in the list instead.
        var isShared = !string.IsNullOrEmpty(framework) && !SameDirectory(framework, AppContext.BaseDirectory);
        return paths
            .Where(path => isShared ? File.Exists(Path.Combine(framework!, Path.GetFileName(path))) : IsFrameworkName(path))
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    // A self-contained program has the framework's files among its own: there the names have to decide.
    private static bool IsFrameworkName(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name.StartsWith("System.", StringComparison.Ordinal)
            || name is "System" or "mscorlib" or "netstandard" or "WindowsBase" or "Microsoft.CSharp" or "Microsoft.VisualBasic"
                or "Microsoft.VisualBasic.Core" or "Microsoft.Win32.Primitives" or "Microsoft.Win32.Registry";
    }

    private static bool SameDirectory(string left, string right) =>
        Path.TrimEndingDirectorySeparator(left).Equals(Path.TrimEndingDirectorySeparator(right), StringComparison.Ordinal);
}
