using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>Something that could be taken. Its bytes are not verified before <see cref="PackageStore.StageAsync"/>.</summary>
/// <param name="Identity">What its manifest says it is.</param>
/// <param name="Manifest">Its manifest, with <c>runtime</c> and <c>files</c>; of one that was registered, without.</param>
/// <param name="Origin">What kind of place it lies in.</param>
/// <param name="Source">What people see: the package's path relative to its folder, <c>weather/</c>.</param>
/// <param name="Directory">Where its files lie; empty where there are none.</param>
internal sealed record PackageCandidate(
    PackageIdentity Identity, ConnectorManifest Manifest, PackageOrigin Origin, string Source, string Directory)
{
    /// <summary>Which source it was installed from; null for what lies in a folder.</summary>
    public PackageProvenance? Provenance { get; init; }

    /// <summary>Whether somebody brought it who runs the host.</summary>
    public bool IsTrusted { get; init; } = true;

    /// <summary>Which orgs may use what another one has registered, besides that one.</summary>
    public IReadOnlyList<string> SharedWith { get; init; } = [];

    /// <summary>The package whose class carries it out, for a manifest that names one; null where that is not there.</summary>
    public PackageIdentity? Carrier { get; init; }

    /// <summary>Whether an org may use it, and know of it: packages are everybody's.</summary>
    public bool IsSeenBy(string org) =>
        Origin != PackageOrigin.Registered || ConnectorName.OrgOf(Identity.Id) == org || SharedWith.Contains(org) || SharedWith.Contains(ConnectorName.EveryOrg);
}
