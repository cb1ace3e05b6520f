using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// Packages that an instance cannot use as they lie there, or as it is configured: their bytes do not match their manifest, or their
/// schema does not take its settings. Unlike quarantine it is forgotten when the files or the configuration change.
/// </summary>
internal sealed class Refusals
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<PackageIdentity, (string Key, PackageProblem Problem)> _refused = [];

    internal void Add(PackageIdentity identity, string key, PackageProblem problem)
    {
        lock (_lock)
        {
            _refused[identity] = (key, problem);
        }
    }

    /// <param name="identity">The package.</param>
    /// <param name="key">Its files' stamp and the instance's configuration, as they are now.</param>
    internal bool Contains(PackageIdentity identity, string key)
    {
        lock (_lock)
        {
            return _refused.TryGetValue(identity, out var entry) && entry.Key == key;
        }
    }

    /// <summary>The problems of those packages that are still there.</summary>
    internal IReadOnlyList<PackageProblem> Problems(PackageCatalog catalog)
    {
        lock (_lock)
        {
            return [.. _refused.Where(pair => catalog.FindStamp(pair.Key) is not null).Select(pair => pair.Value.Problem)];
        }
    }
}
