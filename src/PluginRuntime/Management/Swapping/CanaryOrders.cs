using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>What somebody decides about a canary, ahead of its own verdict.</summary>
internal sealed class CanaryOrders(InstanceRegistry registry, Func<InstanceServices> services)
{
    /// <summary>Gives it another share of the calls. It lasts as long as the canary; the configuration is what the next one begins with.</summary>
    /// <exception cref="CanaryNoneException">No canary runs.</exception>
    internal InstanceStatus SetShare(string name, double share)
    {
        var (instance, running) = Find(name);
        running.Trial.Configure(running.Trial.Options with { Share = share });
        running.Route.SetShare(share);
        services().Events.CanaryShare(name, running.Version.Generation.Identity, share);
        return instance.Status();
    }

    /// <summary>Makes it the live version at once.</summary>
    /// <exception cref="CanaryNoneException">No canary runs.</exception>
    internal Operation Promote(string name)
    {
        var (instance, running) = Find(name);
        return Order(instance, Promotion(services(), instance, running.Trial, "Promoted by hand."));
    }

    /// <summary>Takes it away at once, and puts it into quarantine.</summary>
    /// <exception cref="CanaryNoneException">No canary runs.</exception>
    internal Operation RollBack(string name)
    {
        var (instance, running) = Find(name);
        return Order(instance, RollBack(services(), instance, running.Trial, "rollback.manual", "Rolled back by hand."));
    }

    internal static InstanceCommand Promotion(InstanceServices services, Instance instance, CanaryTrial trial, string reason) =>
        new(Begin(services, instance, "canary-promote", trial.Candidate.Identity), null, Rebuild: false) { Trial = trial, Promotes = reason };

    internal static InstanceCommand RollBack(InstanceServices services, Instance instance, CanaryTrial trial, string code, string why)
    {
        var entry = new QuarantineEntry(trial.Candidate.Identity, code, why, services.TimeProvider.GetUtcNow());
        return new(Begin(services, instance, "canary-rollback", trial.Live.Identity), versions => versions.WithQuarantine(entry), Rebuild: false) { Trial = trial };
    }

    private static Operation Begin(InstanceServices services, Instance instance, string kind, PackageIdentity to)
    {
        var operation = services.Operations.Begin(kind, instance.Name, instance.Slot.Live?.Identity.Version.ToString());
        operation.LeadsTo(to.Version.ToString());
        return operation;
    }

    private static Operation Order(Instance instance, InstanceCommand command)
    {
        instance.Order(command);
        return command.Operation;
    }

    private (Instance Instance, RunningCanary Running) Find(string name)
    {
        var instance = registry.Find(name) ?? throw new InstanceUnknownException(name);
        return instance.Outcomes.Canary is { } running ? (instance, running) : throw new CanaryNoneException(name);
    }
}
