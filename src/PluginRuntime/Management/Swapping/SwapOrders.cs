using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>Swaps, rollbacks and reconnects that somebody asks for: checks that they have somewhere to go, and hands them to the instance's worker.</summary>
internal sealed class SwapOrders(InstanceRegistry registry, OperationLog operations, Func<InstanceServices> services)
{
    /// <summary>Moves an instance to a version of its range, and holds it there when that is not what it would choose itself.</summary>
    /// <exception cref="SwapImpossibleException">The version does not exist, is out of range or quarantined.</exception>
    internal Operation Swap(string name, SemanticVersion version)
    {
        var (instance, config) = Find(name);
        if (!config.Version.Contains(version))
        {
            throw new SwapImpossibleException("version.out-of-range", $"'{name}' accepts {config.Version}; {version} is outside of it.");
        }

        var all = Known(instance, config).ToList();
        var target = all.FirstOrDefault(identity => identity.Version.Equals(version))
            ?? throw new SwapImpossibleException(
                "version.unmatched", $"There is no {config.Connector} {version}. There are: {string.Join(", ", all.Select(identity => identity.Version))}.");
        if (instance.Versions.IsQuarantined(target))
        {
            throw new SwapImpossibleException("version.quarantined", $"{target} is in quarantine for '{name}'; clear that first.");
        }

        var isBest = all.Where(identity => config.Version.Contains(identity.Version) && !instance.Versions.IsQuarantined(identity))
            .All(identity => identity.Version.CompareTo(version) <= 0);
        return Order(
            instance, "swap", versions => versions with { Hold = isBest && config.Update != UpdateMode.Manual ? null : target }, rebuild: false, target);
    }

    /// <summary>Moves an instance to the version before, puts the one it runs into quarantine, and holds it there until that is cleared.</summary>
    /// <exception cref="SwapImpossibleException">There is no version before.</exception>
    internal Operation RollBack(string name)
    {
        var (instance, config) = Find(name);
        var versions = instance.Versions;
        if (versions.Previous is not { } previous || versions.Current is not { } current || previous == current
            || previous.Id != config.Connector)
        {
            throw new SwapImpossibleException("rollback.impossible", $"'{name}' has no version to go back to.");
        }

        if (!config.Version.Contains(previous.Version))
        {
            throw new SwapImpossibleException("version.out-of-range", $"'{name}' accepts {config.Version}; {previous.Version}, the version before, is outside of it.");
        }

        var entry = new QuarantineEntry(current, "rollback.manual", $"Rolled back to {previous.Version} by hand.", services().TimeProvider.GetUtcNow());
        return Order(
            instance,
            "rollback",
            state => (state with { Hold = previous, Quarantine = [.. state.Quarantine.Where(quarantined => quarantined.Package != previous)] }).WithQuarantine(entry),
            rebuild: false,
            previous);
    }

    /// <summary>Lifts quarantine and hold: the instance goes to the best match again.</summary>
    internal Operation ClearQuarantine(string name)
    {
        var (instance, _) = Find(name);
        return Order(instance, "quarantine-clear", versions => versions with { Hold = null, Quarantine = [] }, rebuild: false, null);
    }

    /// <summary>Builds a new generation on the version that should run.</summary>
    internal Operation Reconnect(string name)
    {
        var (instance, _) = Find(name);
        return Order(instance, "reconnect", null, rebuild: true, null);
    }

    private (Instance Instance, InstanceConfig Config) Find(string name)
    {
        var instance = registry.Find(name) ?? throw new InstanceUnknownException(name);
        return instance.Definition?.Config is { } config
            ? (instance, config)
            : throw new ConfigInvalidException(name, instance.Definition?.Errors ?? []);
    }

    private IEnumerable<PackageIdentity> Known(Instance instance, InstanceConfig config) =>
        services().Catalog().SeenBy(InstanceNames.OwnerOf(instance.Name)).Find(config.Connector).Select(candidate => candidate.Identity)
            .Concat(new[] { instance.Versions.Current, instance.Versions.Previous }.OfType<PackageIdentity>()
                .Where(identity => identity.Id == config.Connector && services().Store.TryGet(identity) is not null))
            .Distinct();

    private Operation Order(Instance instance, string kind, Func<VersionState, VersionState>? apply, bool rebuild, PackageIdentity? target)
    {
        var operation = operations.Begin(kind, instance.Name, instance.Slot.Live?.Identity.Version.ToString());
        instance.Order(new(operation, apply, rebuild) { Target = target });
        return operation;
    }
}
