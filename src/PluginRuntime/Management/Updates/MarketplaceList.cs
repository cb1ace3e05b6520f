using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Management;

/// <summary>The connectors on the sources and what of them is here, and those that other orgs share.</summary>
/// <param name="Items">By id, then by source.</param>
/// <param name="Problems">The sources that did not answer, and the ids that more than one of them offers.</param>
internal sealed record MarketplaceList(IReadOnlyList<MarketplaceItem> Items, IReadOnlyList<PackageProblem> Problems)
{
    /// <summary>Puts what sources offer and what is here side by side.</summary>
    /// <param name="offers">What sources offer.</param>
    /// <param name="catalog">What is here.</param>
    /// <param name="org">Who asks.</param>
    /// <param name="text">What it looks for; empty for all.</param>
    internal static MarketplaceList Of(SourceOffers offers, PackageCatalog catalog, string org, string text) => new(
        [
            .. offers.Items.Select(offer => Describe(offer, catalog.SeenBy(org).Find(offer.Id)))
                .Concat(Shared(catalog, org).Where(item => $"{item.Id} {item.Description}".Contains(text, StringComparison.OrdinalIgnoreCase)))
                .OrderBy(item => item.Id, StringComparer.Ordinal),
        ],
        [.. offers.Problems, .. offers.Items.GroupBy(offer => offer.Id).Where(group => group.Count() > 1).Select(Conflict)]);

    private static IEnumerable<MarketplaceItem> Shared(PackageCatalog catalog, string org)
    {
        var seen = catalog.SeenBy(org);
        return from name in seen.Ids
               where ConnectorName.OrgOf(name) != org
               let versions = seen.Find(name)
               where versions[0].Origin == PackageOrigin.Registered
               let manifest = versions[0].Manifest
               let all = versions.Select(candidate => candidate.Identity.Version.ToString()).ToList()
               select new MarketplaceItem(
                   catalog.WrittenBy(org, name), all[0], all, manifest.Description, ManifestRegistry.Source, all, manifest.Auth.Type, [.. manifest.Actions.Select(action => action.Id)]);
    }

    private static MarketplaceItem Describe(SourceOffer offer, IReadOnlyList<PackageCandidate> here)
    {
        // What a package says of itself on a feed, else what its manifest says, here, perhaps of another version.
        var manifest = here.Count > 0 ? here[0].Manifest : null;
        var versions = offer.Versions.Select(version => version.ToString()).ToList();
        return new(
            offer.Id, versions[0], versions, offer.Description, offer.Source, [.. here.Select(candidate => candidate.Identity.Version.ToString())],
            offer.Auth ?? manifest?.Auth.Type, offer.Actions ?? (manifest is null ? null : [.. manifest.Actions.Select(action => action.Id)]))
        {
            Conformance = offer.Conformance,
        };
    }

    private static PackageProblem Conflict(IGrouping<string, SourceOffer> offers) => new(
        offers.Key, PackageCodes.SourceConflict,
        $"more than one source offers it: {string.Join(", ", offers.Select(offer => offer.Source))}. Give one of them a pattern that names it.");
}

/// <summary>One connector on one source.</summary>
/// <param name="Id">Its id; <c>org/id</c> of one that an org shares.</param>
/// <param name="Version">The highest version that is offered.</param>
/// <param name="Versions">Every version that is offered, highest first.</param>
/// <param name="Description">As the source tells it.</param>
/// <param name="Source">The source's name; <c>registry</c> for what an org shares.</param>
/// <param name="Installed">The versions that are here, wherever they came from, highest first.</param>
/// <param name="Auth">What credentials it asks for; null when its package does not say, and none is here.</param>
/// <param name="Actions">The ids of its actions; null likewise.</param>
internal sealed record MarketplaceItem(
    string Id,
    string Version,
    IReadOnlyList<string> Versions,
    string Description,
    string Source,
    IReadOnlyList<string> Installed,
    string? Auth,
    IReadOnlyList<string>? Actions)
{
    /// <summary>What the package of the highest version says of its tests; null when it says nothing.</summary>
    public ConformanceClaim? Conformance { get; init; }
}
