using System.Collections.Immutable;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>What this process knows of its own mark, so that most claims need neither the disk nor the store's lock.</summary>
/// <param name="host">The mark's name.</param>
/// <param name="needed">What instances need and what is loaded, at the moment; it comes after the claims, so that what goes over from the
/// one to the other in between is seen.</param>
internal sealed class HostMark(string host, Func<IEnumerable<PackageIdentity>> needed)
{
    private readonly Lock _lock = new();

    // Guarded by _lock. A package may be claimed by several instances at once.
    private readonly List<PackageIdentity> _claimed = [];

    // Guarded by _lock. What the file names and nobody is about to take out of it.
    private ImmutableHashSet<PackageIdentity> _settled = [];

    public string Host => host;

    /// <returns>Whether the file names it. If not, it has to be written, under the store's lock.</returns>
    public bool Claim(PackageIdentity package)
    {
        lock (_lock)
        {
            _claimed.Add(package);
            return _settled.Contains(package);
        }
    }

    public void Release(PackageIdentity package)
    {
        lock (_lock) _claimed.Remove(package);
    }

    /// <summary>The file may change. A claim from here on waits for the store's lock; those before are in the answer.</summary>
    /// <returns>What has to be in the file.</returns>
    public ImmutableHashSet<PackageIdentity> Unsettle_NeedsLock()
    {
        ImmutableHashSet<PackageIdentity> claimed;
        lock (_lock)
        {
            _settled = [];
            claimed = [.. _claimed];
        }

        return claimed.Union(needed());
    }

    public void Settle_NeedsLock(ImmutableHashSet<PackageIdentity> named)
    {
        lock (_lock) _settled = named;
    }
}
