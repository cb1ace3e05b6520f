using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Puts what the folders hold, what the program registered and what was refused into one list.</summary>
internal static class Listing
{
    /// <param name="catalog">What there is.</param>
    /// <param name="instances">Those that may have refused something.</param>
    /// <param name="org">Who asks: it sees what is its own, what is shared with it, and what comes in packages.</param>
    internal static ConnectorList Connectors(PackageCatalog catalog, IEnumerable<Instance> instances, string org)
    {
        var all = instances.ToList();
        var seen = catalog.SeenBy(org);
        var packaged = seen.Ids.Select(id => Describe(seen.Find(id)) with { Id = catalog.WrittenBy(org, id) });
        var local = all.Select(instance => instance.Definition?.Local).OfType<LocalConnector>()
            .Select(connector => Describe(connector.Manifest, [connector.Manifest.Version.ToString()], builtIn: false));
        return new(
            [.. packaged.Concat(local).OrderBy(info => info.Id, StringComparer.Ordinal)],
            [.. catalog.Problems.Concat(all.SelectMany(instance => Refused(instance, catalog))).Distinct()]);
    }

    private static ConnectorInfo Describe(IReadOnlyList<PackageCandidate> candidates) =>
        Describe(
            candidates[0].Manifest,
            [.. candidates.Select(candidate => candidate.Identity.Version.ToString())],
            candidates.Any(candidate => candidate.Origin == PackageOrigin.BuiltIn)) with
        {
            Bound = candidates[0] is { Manifest: { Runtime: not null } or { Http: not null } } or { Carrier: not null },
            Org = candidates[0].Origin == PackageOrigin.Registered ? ConnectorName.OrgOf(candidates[0].Identity.Id) : null,
        };

    private static ConnectorInfo Describe(ConnectorManifest manifest, IReadOnlyList<string> versions, bool builtIn) =>
        new(
            manifest.Id, manifest.Name, versions[0], versions, builtIn, !builtIn, manifest.Description, manifest.Category,
            manifest.Auth.Type, [.. manifest.Actions.Select(action => action.Id)]);

    // What an instance put aside stands here as long as the package lies there.
    private static IEnumerable<PackageProblem> Refused(Instance instance, PackageCatalog catalog) =>
        instance.Refusals.Problems(catalog).Concat(
            from entry in instance.Versions.Quarantine
            let candidate = catalog.Find(entry.Package.Id).FirstOrDefault(candidate => candidate.Identity == entry.Package)
            where candidate is not null
            select new PackageProblem(candidate.Source, entry.Code, entry.Detail));
}
