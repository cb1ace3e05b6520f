using PluginRuntime.Health;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// One look at an instance: chooses the package it should run and, where that is another than runs, makes a generation of it ready.
/// A package that is at fault is put aside and the next best is tried, down to what runs already.
/// </summary>
internal sealed class Reconciliation(
    Instance instance,
    InstanceServices services,
    InstanceDefinition definition,
    InstanceCommand? command,
    LiveVersion? live,
    LiveVersion? canary,
    SwapTurn turn)
{
    private readonly InstanceConfig _config = definition.Config!;
    private readonly string _configKey = ConfigKeys.Of(definition, services.Credentials.NamedBy(definition));
    private readonly List<QuarantineEntry> _quarantined = [];
    private VersionState _versions = instance.Versions;
    private InstanceError? _refusal;

    /// <summary>Has failed once where the version before was healthy right after.</summary>
    private PackageIdentity? _suspect;

    internal async Task<Outcome> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var catalog = services.Catalog().SeenBy(InstanceNames.OwnerOf(instance.Name));
            var choice = Local() ?? Choose(catalog);
            if (choice is null)
            {
                return Failed(_refusal ?? Unmatched(catalog), shouldRetry: false) with { EndsLive = WasTakenAway(catalog) };
            }

            if (command is { Target: { } target } && target != choice.Identity)
            {
                // Whoever asks for one version does not want the next best.
                return Failed(_refusal ?? Error("swap.not-chosen", $"{target} cannot be had."), shouldRetry: false);
            }

            if (RunsAlready(choice))
            {
                return Done(_refusal) with { EndsCanary = true };
            }

            var isCanary = IsCanary(choice);
            if (isCanary && canary is not null && canary.Generation.Identity == choice.Identity && canary.ConfigKey == _configKey)
            {
                return Done(_refusal);
            }

            if (await TryBuildAsync(choice, catalog, cancellationToken).ConfigureAwait(false) is { } outcome)
            {
                return outcome with { IsCanary = isCanary };
            }
        }
    }

    // Packages stay in the store, for those that run them; of a manifest nothing is left, and who took it away wants it to end.
    private bool WasTakenAway(PackageCatalog catalog) =>
        live?.Source == ManifestRegistry.Source && live.Generation.Identity.Id == _config.Connector && catalog.Find(_config.Connector).Count == 0;

    private VersionChoice? Local() =>
        definition.Local is { } local ? new(local.Identity, local.Manifest, null) { Local = local } : null;

    /// <summary>
    /// A canary stands beside a version that runs as it is configured now: after a start, for another configuration and when asked to
    /// connect anew that comes first.
    /// </summary>
    private VersionChoice? Choose(PackageCatalog catalog)
    {
        var stays = _config.Update switch
        {
            UpdateMode.Auto => false,
            UpdateMode.Manual => true,
            _ => live is null || live.ConfigKey != _configKey || command is { Rebuild: true } || (command is { Target: { } target } && target == _versions.Current),
        };
        return VersionChooser.Choose(
            _config, _versions, catalog, services.Store.TryGet,
            identity => instance.Refusals.Contains(identity, RefusalKey(catalog, identity)), live?.Source, stays);
    }

    /// <summary>Whether a version only gets a share of the calls for now: a newer one, where what runs may go on and nobody asked to swap.</summary>
    private bool IsCanary(VersionChoice choice)
    {
        if (_config.Update != UpdateMode.Canary || live is null || choice.Local is not null || command is { Target: not null })
        {
            return false;
        }

        var runs = live.Generation.Identity;
        return live.ConfigKey == _configKey && runs.Id == choice.Identity.Id && runs != choice.Identity
            && choice.Identity.Version.CompareTo(runs.Version) >= 0
            && _versions.Hold is null && _config.Version.Contains(runs.Version) && !_versions.IsQuarantined(runs);
    }

    private bool RunsAlready(VersionChoice choice) =>
        live is not null && live.Generation.Identity == choice.Identity && live.ConfigKey == _configKey && command is not { Rebuild: true };

    /// <returns>Null when the package was put aside and the next best is to be tried.</returns>
    private async Task<Outcome?> TryBuildAsync(VersionChoice choice, PackageCatalog catalog, CancellationToken cancellationToken)
    {
        if (Pinned(choice) is { } pinned)
        {
            return Failed(Error(HeldContexts.Code, pinned), shouldRetry: false);
        }

        if (choice.Local is null && !await turn.TryTakeAsync(live?.Generation.Identity, choice.Identity, _versions).ConfigureAwait(false))
        {
            return Done(_refusal) with { Waits = true };
        }

        instance.Enter(live is null ? ConnectionState.Connecting : ConnectionState.Reconnecting, instance.LastError);
        command?.Operation.LeadsTo(choice.Identity.Version.ToString());
        if (live is not null && live.Generation.Identity.Version.Equals(choice.Identity.Version) && live.Generation.Identity != choice.Identity)
        {
            services.Logger.SameVersionOtherBytes(choice.Identity);
        }

        // The next generation opens its minimum, and at least the one that it is checked with, while those before still hold theirs: they may
        // hold all, and never give them back.
        var reservation = live is null ? null : instance.Permits.Reserve(Math.Max(1, _config.Pool.Min ?? _config.Pool.Size));
        try
        {
            var wasWell = command is { IsAutomatic: true, Target: not null } && await LiveIsHealthyAsync(cancellationToken).ConfigureAwait(false);
            var next = await services.Builder.BuildAsync(
                instance.Name, definition, choice, instance.Permits, instance.Outcomes, phase => command?.Operation.Enter(phase), cancellationToken).ConfigureAwait(false);
            if (command is { IsAutomatic: true, Target: not null } && !wasWell && await LiveIsHealthyAsync(cancellationToken).ConfigureAwait(false))
            {
                // It was the outside system, which has come back meanwhile.
                await Retirement.DiscardAsync(next.Live).ConfigureAwait(false);
                reservation?.Dispose();
                return Failed(Error("rollback.unneeded", "The outside system answers again."), shouldRetry: false);
            }

            return Done(_refusal) with { Next = next.Live, Health = next.Health, Reservation = reservation };
        }
        catch (GenerationFailedException failure)
        {
            reservation?.Dispose();
            return await JudgeAsync(choice, catalog, failure, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            reservation?.Dispose();
            throw;
        }
    }

    // Not where nothing runs: an instance that is started leaves no version behind. Nor on the way back to a version that is known to do.
    private string? Pinned(VersionChoice choice) =>
        live is null || choice.Local is not null || command is { Operation.Kind: "rollback" } ? null : services.HeldContexts.Refuse(choice.Identity);

    private async Task<Outcome?> JudgeAsync(
        VersionChoice choice, PackageCatalog catalog, GenerationFailedException failure, CancellationToken cancellationToken)
    {
        var error = new InstanceError(
            failure.Code, failure.Message, services.TimeProvider.GetUtcNow(), (failure.Cause as ConfigInvalidException)?.Errors ?? []);
        var isOther = live is not null && live.Generation.Identity != choice.Identity;
        if (choice.Local is not null)
        {
            return Failed(error, shouldRetry: failure.Step != BuildStep.Bind);
        }

        if (failure.Cause is ConfigInvalidException { IsOutside: true })
        {
            // A variable, a file or a named credential is not there: no other version would do better, and it may come.
            return Failed(error, shouldRetry: true);
        }

        if (failure.Step == BuildStep.Stage && !failure.IsTransient
            || failure.Step == BuildStep.Bind && (isOther || HasOther(catalog, choice)))
        {
            // Its bytes, or its settings schema: forgotten as soon as the files or the configuration change.
            var source = choice.Candidate?.Source ?? choice.Identity.ToString();
            instance.Refusals.Add(choice.Identity, RefusalKey(catalog, choice.Identity), new(source, failure.Code, failure.Message));
            services.Events.Refused(new(source, failure.Code, failure.Message));
            _refusal = error;
            return null;
        }

        if (failure.IsThePackages
            || (isOther && command is not { IsAutomatic: true } && live!.ConfigKey == _configKey && failure.Step > BuildStep.Load && await LiveIsHealthyAsync(cancellationToken).ConfigureAwait(false)))
        {
            if (!failure.IsThePackages && _suspect != choice.Identity)
            {
                // The outside system may have come back while the new version failed for it, so it is tried once more: from here on, as the
                // version before is healthy now.
                _suspect = choice.Identity;
                return null;
            }

            // Where the version before is healthy before and after under the same configuration, the outside system is up, the settings are
            // right, and the new version is what is wrong.
            var entry = new QuarantineEntry(choice.Identity, failure.Code, failure.Message, services.TimeProvider.GetUtcNow());
            _quarantined.Add(entry);
            _versions = _versions.WithQuarantine(entry);
            _versions = _versions.Hold == choice.Identity ? _versions with { Hold = null } : _versions;
            _refusal = error;
            instance.Decide(_versions);
            return null;
        }

        return Failed(error, shouldRetry: failure.Step != BuildStep.Bind);
    }

    private async Task<bool> LiveIsHealthyAsync(CancellationToken cancellationToken) =>
        (await HealthCheck.RunAsync(live!.Generation, services.TimeProvider, cancellationToken).ConfigureAwait(false)).Healthy;

    private bool HasOther(PackageCatalog catalog, VersionChoice choice) =>
        catalog.Resolve(_config.Connector, _config.Version, identity => identity == choice.Identity || _versions.IsQuarantined(identity)) is not null;

    // What carries a manifest out may be at fault as well, and be mended.
    private string RefusalKey(PackageCatalog catalog, PackageIdentity identity) =>
        $"{catalog.FindStamp(identity)} {catalog.Find(identity.Id).FirstOrDefault(candidate => candidate.Identity == identity)?.Carrier?.Hash} {_configKey}";

    private InstanceError Unmatched(PackageCatalog catalog)
    {
        var versions = catalog.Find(_config.Connector).Select(candidate => candidate.Identity.Version.ToString()).ToList();
        return versions.Count == 0
            ? Error("connector.unknown", $"There is no connector '{_config.Connector}'.")
            : Error("version.unmatched", $"No version of '{_config.Connector}' matches {_config.Version}. There are: {string.Join(", ", versions)}.");
    }

    private InstanceError Error(string code, string detail) => new(code, detail, services.TimeProvider.GetUtcNow(), []);

    private Outcome Done(InstanceError? error) => new() { Quarantined = _quarantined, Error = error };

    private Outcome Failed(InstanceError error, bool shouldRetry) =>
        new() { Quarantined = _quarantined, Error = error, ShouldRetry = shouldRetry };
}
