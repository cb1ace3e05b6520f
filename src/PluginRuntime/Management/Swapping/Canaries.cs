using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Health;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>The canaries of an instance, one at a time: begins them, and carries out their verdicts.</summary>
/// <param name="instance">The instance.</param>
/// <param name="services">What it works with.</param>
/// <param name="retirement">Ends what is taken away.</param>
/// <param name="tryOrder">Hands a command to the instance's worker.</param>
internal sealed class Canaries(Instance instance, InstanceServices services, Retirement retirement, Func<InstanceCommand, bool> tryOrder)
{
    private volatile CanaryStatus? _last;
    private CanaryOptions? _configured;

    /// <summary>What gets a share of the calls; null when nothing does.</summary>
    internal LiveVersion? Candidate => instance.Outcomes.Canary?.Version;

    /// <summary>The canary that runs, or the last one.</summary>
    internal CanaryStatus? Status => instance.Outcomes.Canary is { } running ? Describe(running, CanaryVerdict.Pending, null) : _last;

    /// <summary>A command as it is to be carried out: null when it is about a canary that has ended. Called by the worker alone, as all below.</summary>
    internal InstanceCommand? Check(InstanceCommand? command)
    {
        if (command?.Trial is not { } trial || instance.Outcomes.Canary?.Trial == trial)
        {
            return command;
        }

        command.Operation.Fail("canary.none", "The version that it was about is not tried any more.");
        return null;
    }

    /// <summary>Gives a version a share of the calls.</summary>
    internal void Begin(LiveVersion live, Outcome outcome, CanaryOptions options)
    {
        var candidate = outcome.Next!;
        End("Another version took its place.");
        var monitor = new HealthMonitor(services.TimeProvider, HealthChanged, static _ => { });
        var trial = new CanaryTrial(candidate.Generation, live.Generation, options, services.TimeProvider, Promote, RollBack);
        var running = new RunningCanary(candidate, outcome.Reservation, new(candidate.Generation, options.Share), trial, monitor);
        _configured = options;
        instance.Outcomes.Canary = running;
        monitor.Watch(candidate.Generation, instance.Definition?.Config?.Health ?? new(), outcome.Health);
        instance.Slot.Divert(running.Route);
        services.Logger.CanaryStarted(instance.Name, candidate.Generation.Identity, options.Share);
        services.Events.CanaryStarted(instance.Name, candidate.Generation.Identity, live.Generation.Identity, options.Share);
    }

    /// <summary>Follows a changed configuration; what somebody set by hand lasts until then.</summary>
    internal void Configure(CanaryOptions options)
    {
        if (instance.Outcomes.Canary is { } running && _configured != options)
        {
            _configured = options;
            running.Trial.Configure(options);
            running.Route.SetShare(options.Share);
        }
    }

    /// <summary>Ends a canary that is to be the live version: the caller publishes its generation.</summary>
    internal Outcome TakeOver(string reason)
    {
        var running = instance.Outcomes.Canary!;
        var health = running.Monitor.Report;
        Stop(running, CanaryVerdict.Promoted, reason);
        services.Events.CanaryPromoted(instance.Name, running.Version.Generation.Identity, _last!);
        return new() { Next = running.Version, Health = health, Reservation = running.Reservation };
    }

    /// <summary>Takes a canary away that has been quarantined.</summary>
    internal void RollBack(QuarantineEntry entry)
    {
        var running = instance.Outcomes.Canary!;
        Stop(running, CanaryVerdict.RolledBack, entry.Detail);
        retirement.Withdraw(running.Version, running.Reservation);
        services.Logger.CanaryRolledBack(instance.Name, entry.Package, entry.Detail);
        services.Events.CanaryRolledBack(instance.Name, entry, _last!);
    }

    /// <summary>Takes away what gets a share of the calls, if anything does, for no fault of its own.</summary>
    internal void End(string reason)
    {
        if (instance.Outcomes.Canary is { } running)
        {
            Stop(running, CanaryVerdict.Ended, reason);
            retirement.Withdraw(running.Version, running.Reservation);
            services.Events.CanaryEnded(instance.Name, running.Version.Generation.Identity, reason);
        }
    }

    private void Stop(RunningCanary running, CanaryVerdict verdict, string reason)
    {
        _last = Describe(running, verdict, reason);
        instance.Slot.Rejoin(running.Route);
        running.Trial.Dispose();
        instance.Outcomes.Canary = null;
        retirement.Await(running.Monitor.DisposeAsync().AsTask());
    }

    private void HealthChanged(Generation generation, HealthReport report)
    {
        if (instance.Outcomes.Canary?.Trial is not { } trial)
        {
            return;
        }

        if (report.Healthy)
        {
            trial.Recovered();
        }
        else
        {
            trial.Doubt(generation, $"It turned unhealthy: {report.Error}");
        }
    }

    /// <summary>Called by a timer: the work is the worker's.</summary>
    private void Promote(CanaryTrial trial) => Begin(() => PromoteAsync(trial));

    /// <summary>Called on the call path or by a timer: the work is the worker's.</summary>
    private void RollBack(CanaryTrial trial, string why, bool isDoubt) => Begin(() => RollBackAsync(trial, why, isDoubt));

    private async Task PromoteAsync(CanaryTrial trial)
    {
        var health = await HealthCheck.RunAsync(trial.Candidate, services.TimeProvider, CancellationToken.None).ConfigureAwait(false);
        var isDone = health.Healthy
            && await IsDoneAsync(CanaryOrders.Promotion(services, instance, trial, "Nothing spoke against it.")).ConfigureAwait(false);
        if (!isDone)
        {
            trial.Resume();
        }
    }

    private async Task RollBackAsync(CanaryTrial trial, string why, bool isDoubt)
    {
        if (isDoubt && !await IsToBlameAsync(trial, why).ConfigureAwait(false))
        {
            return;
        }

        // The worker may be busy; no caller needs to wait for it.
        if (instance.Outcomes.Canary is { } running && running.Trial == trial)
        {
            instance.Slot.Rejoin(running.Route);
        }

        if (!await IsDoneAsync(CanaryOrders.RollBack(services, instance, trial, "rollback.automatic", why)).ConfigureAwait(false))
        {
            trial.Resume();
        }
    }

    /// <summary>What may be the outside system's fault is the version's where the live one does better at this moment.</summary>
    private async Task<bool> IsToBlameAsync(CanaryTrial trial, string why)
    {
        if (!(await instance.CheckAsync(CancellationToken.None).ConfigureAwait(false)).Healthy)
        {
            services.Logger.NotTakenBack(instance.Name, trial.Candidate.Identity, why, "The live version is not healthy either.");
            trial.ResumeAfterOutage();
            return false;
        }

        if (trial.IsAfterOutage && (await HealthCheck.RunAsync(trial.Candidate, services.TimeProvider, CancellationToken.None).ConfigureAwait(false)).Healthy)
        {
            // The outside system has come back, and the candidate is about to find out.
            trial.Recovered();
            trial.Resume();
            return false;
        }

        return true;
    }

    /// <summary>Off the call path, and without what is in its flow.</summary>
    private void Begin(Func<Task> work) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            run => run().ContinueWith(
                failed => services.Logger.Unexpected(instance.Name, failed.Exception!),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default),
            work,
            preferLocal: false);

    private async Task<bool> IsDoneAsync(InstanceCommand command)
    {
        tryOrder(command);
        return (await command.Operation.Ended.ConfigureAwait(false)).Status == OperationStatus.Succeeded;
    }

    private static CanaryStatus Describe(RunningCanary running, CanaryVerdict verdict, string? reason)
    {
        var (candidate, live, since) = running.Trial.Read();
        var (identity, options) = (running.Version.Generation.Identity, running.Trial.Options);
        return new(
            identity.Version.ToString(), identity.Hash, options.Share, since, since + options.Time,
            candidate.All.All, candidate.All.FaultRate, MedianOf(candidate),
            new(running.Trial.Live.Identity.Version.ToString(), live.All.All, live.All.FaultRate, MedianOf(live)),
            verdict, reason);
    }

    private static double? MedianOf(VersionSample sample) => sample.All.Quantile(0.5)?.TotalMilliseconds;
}
