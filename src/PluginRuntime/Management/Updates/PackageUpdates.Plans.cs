using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>What would happen: sources are asked and packages checked, and nothing is stored or loaded.</summary>
internal sealed partial class PackageUpdates
{
    /// <summary>What the installation of the highest version of a range would do.</summary>
    /// <exception cref="FeedException">A source failed, or has nothing in the range.</exception>
    internal async Task<InstallPlan> PlanAsync(string id, VersionRange range, CancellationToken cancellationToken)
    {
        var version = await ChooseAsync(id, range, cancellationToken).ConfigureAwait(false);
        var (manifest, problem) = await ReadAsync(id, range, version, cancellationToken).ConfigureAwait(false);
        return Describe(id, version, manifest, problem, _registry.All);
    }

    /// <summary>What asking the sources now would do.</summary>
    internal async Task<UpdatePlan> PlanAllAsync(CancellationToken cancellationToken)
    {
        var (items, problems) = (new List<InstallPlan>(), new List<PackageProblem>());
        foreach (var (id, instances) in Wanted(_ => true).Where(wanted => _installer.Serves(wanted.Id)))
        {
            try
            {
                RefuseConflict(id);
                await PlanForAsync(id, instances, items, problems, cancellationToken).ConfigureAwait(false);
            }
            catch (FeedException exception)
            {
                if (!IsServedElsewhere(id, exception))
                {
                    problems.Add(new(exception.PackageSource, exception.Code, exception.Detail));
                }
            }
        }

        return new(items, problems);
    }

    /// <summary>Where an instance would go if it were defined so; null where it would stay, or runs nothing.</summary>
    internal PlannedSwap? PlanChange(string name, InstanceDefinition definition)
    {
        if (_registry.Find(name) is not { } instance || definition is not { Local: null, Config: { Enabled: true } config } || ManifestOf(instance) is not { } from)
        {
            return null;
        }

        var choice = VersionChooser.Choose(
            config, instance.Versions, _folders.Catalog.SeenBy(InstanceNames.OwnerOf(name)), _store.TryGet, isRefused: _ => false, currentSource: null, staysOnCurrent: config.Update != UpdateMode.Auto);
        return choice is null || choice.Manifest.Utf8.Span.SequenceEqual(from.Utf8.Span) ? null : PlannedSwap.Of(name, from, choice.Manifest);
    }

    private async Task PlanForAsync(
        string id, IReadOnlyList<Instance> instances, List<InstallPlan> items, List<PackageProblem> problems, CancellationToken cancellationToken)
    {
        var versions = await _installer.ListAsync(id, cancellationToken).ConfigureAwait(false);
        var read = new Dictionary<SemanticVersion, (FeedVersion Version, ConnectorManifest? Manifest, PackageProblem? Problem, List<Instance> Instances)>();
        bool IsRefused(SemanticVersion version) => _refused.ContainsKey((id, version)) || (read.TryGetValue(version, out var known) && known.Problem is not null);
        foreach (var instance in instances)
        {
            // As in a pass: what is refused gives way to the next best.
            var range = instance.Definition?.Config?.Version;
            while (range is not null && _choice.For(instance, _folders.Catalog, versions, IsRefused) is { } best)
            {
                if (!read.TryGetValue(best.Version, out var known))
                {
                    var (manifest, problem) = await ReadAsync(id, range, best, cancellationToken).ConfigureAwait(false);
                    read[best.Version] = known = (best, manifest, problem, []);
                }

                if (known.Problem is null)
                {
                    known.Instances.Add(instance);
                    break;
                }
            }
        }

        items.AddRange(read.Values.Where(known => known.Problem is null).Select(known => Describe(id, known.Version, known.Manifest, null, known.Instances)));
        problems.AddRange(read.Values.Select(known => known.Problem).OfType<PackageProblem>());
    }

    private async Task<(ConnectorManifest? Manifest, PackageProblem? Problem)> ReadAsync(
        string id, VersionRange range, FeedVersion version, CancellationToken cancellationToken)
    {
        if (Find(id, version) is { } here)
        {
            return (here.Manifest, null);
        }

        var name = $"{id} {version.Version}";
        try
        {
            return (await _installer.ReadAsync(id, version, Locked(id, range, version), cancellationToken).ConfigureAwait(false), null);
        }
        catch (PackageRefusedException refused)
        {
            return (null, new(name, refused.Code, refused.Detail));
        }
        catch (LockException drift)
        {
            return (null, new(name, drift.Code, drift.Message));
        }
    }

    private InstallPlan Describe(string id, FeedVersion version, ConnectorManifest? manifest, PackageProblem? problem, IEnumerable<Instance> instances)
    {
        var catalog = _folders.Catalog;
        var takers = manifest is null ? [] : instances.Where(instance => _choice.WouldTake(instance, catalog, id, version.Version)).ToList();
        return new(
            id, version.Version.ToString(), version.Source, Find(id, version) is not null,
            [.. takers.Select(instance => instance.Name)],
            [.. takers.Select(instance => PlannedSwap.Of(instance.Name, ManifestOf(instance), manifest!))],
            problem);
    }

    private PackageCandidate? Find(string id, FeedVersion version) =>
        _folders.Catalog.Find(id).FirstOrDefault(candidate => candidate.Identity.Version.Equals(version.Version));

    private ConnectorManifest? ManifestOf(Instance instance) =>
        instance.Slot.Live?.Manifest ?? (instance.Versions.Current is { } current ? _store.TryGet(current)?.Manifest : null);
}
