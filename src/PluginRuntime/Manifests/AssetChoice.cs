namespace PluginRuntime.Manifests;

/// <summary>Takes the assets a package offers and keeps, for each name, the one made for the most specific platform.</summary>
internal sealed class AssetChoice(IReadOnlyList<string> files, IReadOnlyList<string> fallbacks, bool isWindows)
{
    private static readonly StringComparer _assemblyNames = StringComparer.OrdinalIgnoreCase;

    private readonly HashSet<string> _files = new(files, StringComparer.Ordinal);
    private readonly Dictionary<string, int> _managedRanks = new(_assemblyNames);
    private readonly Dictionary<string, int> _nativeRanks = new(isWindows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    internal Dictionary<string, string> Managed { get; } = new(_assemblyNames);

    internal Dictionary<SatelliteName, string> Satellites { get; } = [];

    internal Dictionary<string, string> Native { get; } = new(isWindows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>An assembly for a platform; null is any platform.</summary>
    internal void AddManaged(string path, string? runtimeIdentifier)
    {
        if (Path.GetExtension(path) is ".dll" or ".exe" && Rank(runtimeIdentifier) is { } rank && Locate(path, null) is { } found)
        {
            Keep(Managed, _managedRanks, Path.GetFileNameWithoutExtension(path), found, rank);
        }
    }

    internal void AddNative(string path, string? runtimeIdentifier)
    {
        if (Rank(runtimeIdentifier) is { } rank && Locate(path, null) is { } found)
        {
            Keep(Native, _nativeRanks, Path.GetFileName(path), found, rank);
        }
    }

    internal void AddSatellite(string path, string culture, string? runtimeIdentifier)
    {
        if (Rank(runtimeIdentifier) is not null && Locate(path, culture) is { } found)
        {
            Satellites.TryAdd(new SatelliteName(culture, Path.GetFileNameWithoutExtension(path)), found);
        }
    }

    /// <summary>
    /// Where the asset of a package lies: at its own path, or where the build copies it to, the root or the culture's directory. Null
    /// when it was left out, as the assemblies shared with the host are.
    /// </summary>
    private string? Locate(string path, string? culture)
    {
        var copied = culture is null ? Path.GetFileName(path) : $"{culture}/{Path.GetFileName(path)}";
        return _files.Contains(path) ? path : _files.Contains(copied) ? copied : null;
    }

    private static void Keep(Dictionary<string, string> assets, Dictionary<string, int> ranks, string name, string path, int rank)
    {
        if (!ranks.TryGetValue(name, out var known) || rank < known)
        {
            ranks[name] = rank;
            assets[name] = path;
        }
    }

    /// <summary>The lower the more specific; null for another platform.</summary>
    private int? Rank(string? runtimeIdentifier)
    {
        if (runtimeIdentifier is null)
        {
            return int.MaxValue;
        }

        for (var i = 0; i < fallbacks.Count; i++)
        {
            if (fallbacks[i] == runtimeIdentifier)
            {
                return i;
            }
        }

        return null;
    }
}
