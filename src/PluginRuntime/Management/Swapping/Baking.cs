using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>The bake periods of an instance, one at a time: begins them, and takes back by itself what turns bad in one.</summary>
/// <param name="instance">The instance.</param>
/// <param name="services">What it works with.</param>
/// <param name="tryOrder">Hands a command to the instance's worker.</param>
internal sealed class Baking(Instance instance, InstanceServices services, Func<InstanceCommand, bool> tryOrder)
{
    private readonly RecentCalls _recent = new(services.TimeProvider);

    /// <summary>A generation is live, or none is. Called by the worker alone, after <see cref="Begin"/>.</summary>
    internal void Follow(Generation? generation)
    {
        var time = instance.Definition?.Config?.BakeTime ?? TimeSpan.Zero;
        _recent.Follow(time > TimeSpan.Zero ? generation : null, time);
    }

    /// <summary>Begins the bake period of a version that took over from another one. Called by the worker alone, as <see cref="End"/>.</summary>
    /// <param name="old">The version before.</param>
    /// <param name="next">What took over.</param>
    /// <param name="baseline">Its attempts before that.</param>
    /// <param name="stopping">The instance ends.</param>
    /// <returns>Completes when the version before is no longer needed.</returns>
    internal Task Begin(LiveVersion old, LiveVersion next, VersionSample baseline, CancellationToken stopping)
    {
        if (instance.Outcomes.Bake is { } running && running.Identity == next.Generation.Identity)
        {
            running.Follow(next.Generation, baseline);
            return running.Ended;
        }

        End();
        var (before, config) = (old.Generation.Identity, instance.Definition?.Config);
        if (before == next.Generation.Identity || config is null || config.BakeTime == TimeSpan.Zero)
        {
            return Task.CompletedTask;
        }

        if (instance.Versions.IsQuarantined(before))
        {
            // It was taken back: nobody goes there again. Its context stays warm for as long as that of any other.
            return Task.Delay(config.BakeTime, services.TimeProvider, stopping);
        }

        var bake = new BakePeriod(
            before, _recent.Of(old.Generation, config.BakeCalls), next.Generation, baseline, config.BakeTime, config.BakeCalls, services.TimeProvider, TakeBack);
        instance.Outcomes.Bake = bake;

        // Calls met the version as soon as it was published, before anybody heard of it here.
        bake.AttemptFailed(next.Generation);
        if (next.Generation.Breaker.State != BreakerState.Closed)
        {
            bake.Doubt(next.Generation, "Its breaker opened.");
        }

        _ = WatchAsync(bake, next.Generation.Identity);
        return bake.Ended;
    }

    /// <summary>Ends the bake period under way, if there is one: the version was replaced or taken down.</summary>
    internal void End()
    {
        instance.Outcomes.Bake?.Dispose();
        instance.Outcomes.Bake = null;
    }

    private async Task WatchAsync(BakePeriod bake, PackageIdentity identity)
    {
        if (await bake.Ended.ConfigureAwait(false))
        {
            services.Logger.Baked(instance.Name, identity);
            services.Events.Publish(EventTypes.Baked, $"Version {identity.Version} came through its bake period.", About(identity, null));
            instance.Outcomes.Forget(bake);

            // The next host may go.
            instance.Reconsider();
        }
    }

    /// <summary>Called on the call path: the work is the worker's.</summary>
    private void TakeBack(BakePeriod bake, string why)
    {
        var (bad, before) = (bake.Identity, bake.Before);
        var operation = services.Operations.Begin("rollback", instance.Name, bad.Version.ToString());
        var entry = new QuarantineEntry(bad, "rollback.automatic", why, services.TimeProvider.GetUtcNow());
        tryOrder(new(
            operation,
            versions => versions.WithQuarantine(entry) with
            {
                Current = before,
                Previous = null,
                Hold = versions.Hold == bad ? null : versions.Hold,
            },
            Rebuild: false)
        {
            Target = before,
            IsAutomatic = true,
        });
        _ = ReportAsync(bake, operation, bad, why);
    }

    private async Task ReportAsync(BakePeriod bake, Operation operation, PackageIdentity bad, string why)
    {
        var ended = await operation.Ended.ConfigureAwait(false);
        if (ended.Status != OperationStatus.Succeeded)
        {
            services.Logger.NotTakenBack(instance.Name, bad, why, ended.Detail ?? "");
            bake.Resume();
            return;
        }

        services.Logger.TakenBack(instance.Name, bad, bake.Before.Version, why);
        services.Events.Publish(
            EventTypes.RolledBack,
            $"Version {bad.Version} was taken back to {bake.Before.Version}: {why}",
            About(bad, "rollback.automatic") with
            {
                Data = new Dictionary<string, string> { ["from"] = bad.Version.ToString(), ["to"] = bake.Before.Version.ToString() },
            });
    }

    private EventSubject About(PackageIdentity identity, string? code) =>
        new() { Instance = instance.Name, Connector = identity.Id, Version = identity.Version.ToString(), Code = code };
}
