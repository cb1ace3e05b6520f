using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>A package in the store: read-only, in a directory that no other bytes will ever have.</summary>
/// <param name="Identity">Which bytes exactly.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Directory">Absolute path of its directory.</param>
/// <param name="Origin">Where it came from.</param>
internal sealed record StoredPackage(PackageIdentity Identity, ConnectorManifest Manifest, string Directory, PackageOrigin Origin)
{
    /// <summary>Which source it was installed from; null for what lay in a folder.</summary>
    public PackageProvenance? Provenance { get; init; }
}
