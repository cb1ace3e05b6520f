using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>Where things lie in a store.</summary>
internal sealed class StoreLayout(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Locked while packages become visible or vanish.</summary>
    public string Lock => Path.Join(Root, "lock");

    /// <summary>Unfinished packages, and those on their way out.</summary>
    public string Staging => Path.Join(Root, "staging");

    public string Packages => Path.Join(Root, "packages");

    public string Records => Path.Join(Root, "records");

    /// <summary>The hashes of all that was ever taken from a source.</summary>
    public string Known => Path.Join(Root, "known");

    /// <summary>What each host needs.</summary>
    public string Uses => Path.Join(Root, "uses");

    public string PackageOf(PackageIdentity identity) => Path.Join(Packages, identity.Id, NameOf(identity));

    public string RecordOf(PackageIdentity identity) => Path.Join(Records, identity.Id, $"{NameOf(identity)}.json");

    private static string NameOf(PackageIdentity identity) => $"{identity.Version}-{identity.Hash[..16]}";
}
