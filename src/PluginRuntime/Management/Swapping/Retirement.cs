using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>
/// What comes after a publish: the generation before drains and ends in the background, its context stays warm for the bake period, then
/// it is given up. At most one predecessor is warm.
/// </summary>
internal sealed class Retirement(Instance instance, InstanceServices services)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by _lock.
    private readonly HashSet<Task> _running = [];
    private volatile Predecessor? _previous;

    /// <summary>The version before the live one; null when there was none in this process.</summary>
    internal Predecessor? Previous => _previous;

    /// <summary>Ends a generation that another one has replaced.</summary>
    /// <param name="old">What was live.</param>
    /// <param name="next">What is.</param>
    /// <param name="baked">Completes when the old version need not be kept warm any longer.</param>
    /// <param name="reservation">The permits borrowed for the swap.</param>
    /// <param name="operation">Where progress shows.</param>
    internal void Begin(LiveVersion old, LiveVersion next, Task baked, IDisposable? reservation, Operation? operation)
    {
        Predecessor? warm = null;
        Predecessor? before = null;
        if (old.Generation.Identity != next.Generation.Identity)
        {
            before = _previous;
            _previous = warm = new Predecessor(old.Generation.Identity, old.Share);
        }

        Track(RunAsync(old, warm, before, baked, reservation, operation));
    }

    /// <summary>Ends a canary's generation, which only ever had a share of the calls.</summary>
    internal void Withdraw(LiveVersion candidate, IDisposable? reservation) => Track(WithdrawAsync(candidate, reservation));

    /// <summary>Waits, at the instance's end, for something that may go on for a while.</summary>
    internal void Await(Task task) => Track(task);

    /// <summary>Ends a generation that was never published.</summary>
    internal static async Task DiscardAsync(LiveVersion unused)
    {
        await unused.Generation.RetireAsync().ConfigureAwait(false);
        if (unused.Share is not null)
        {
            await unused.Share.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends a generation that nothing replaces, and its context.</summary>
    internal async Task EndAsync(LiveVersion live)
    {
        var ended = new Predecessor(live.Generation.Identity, live.Share);
        var before = _previous;
        _previous = ended;
        if (before is not null)
        {
            await before.CoolAsync().ConfigureAwait(false);
        }

        ended.Report = await EndGenerationAsync(live.Generation).ConfigureAwait(false);
        await ended.CoolAsync().ConfigureAwait(false);
    }

    /// <summary>Cuts bake periods short and waits until every generation has ended.</summary>
    internal async Task FinishAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_lock)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task RunAsync(
        LiveVersion old, Predecessor? warm, Predecessor? before, Task baked, IDisposable? reservation, Operation? operation)
    {
        operation?.Enter("drain");
        var report = await EndGenerationAsync(old.Generation).ConfigureAwait(false);
        _ = ReturnAsync(reservation, old.Generation);
        operation?.Succeed();
        if (before is not null)
        {
            await before.CoolAsync().ConfigureAwait(false);
        }

        if (warm is null)
        {
            // The next generation runs in the same context.
            if (old.Share is not null)
            {
                await old.Share.DisposeAsync().ConfigureAwait(false);
            }

            return;
        }

        warm.Report = report;
        await baked.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await warm.CoolAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Gives borrowed permits back when the generation they stood in for holds none any more. It may have been given up with connections out
    /// that nobody returns; without this the next swap would find no permit to open anything with.
    /// </summary>
    private static async Task ReturnAsync(IDisposable? reservation, Generation old)
    {
        await old.Pool.DrainedAsync(CancellationToken.None).ConfigureAwait(false);
        reservation?.Dispose();
    }

    private async Task WithdrawAsync(LiveVersion candidate, IDisposable? reservation)
    {
        await EndGenerationAsync(candidate.Generation).ConfigureAwait(false);
        _ = ReturnAsync(reservation, candidate.Generation);
        if (candidate.Share is not null)
        {
            await candidate.Share.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<RetireReport> EndGenerationAsync(Generation generation)
    {
        var report = await generation.RetireAsync().ConfigureAwait(false);
        services.Logger.Retired(instance.Name, generation.Number, generation.Identity.Version, report.Drained, report.LateAttempts);
        services.Events.Retired(instance.Name, generation, report);
        foreach (var failure in report.Failures)
        {
            services.Logger.RetireFailure(instance.Name, generation.Number, failure);
        }

        return report;
    }

    private void Track(Task task)
    {
        lock (_lock)
        {
            _running.Add(task);
        }

        task.ContinueWith(
            ended =>
            {
                lock (_lock)
                {
                    _running.Remove(ended);
                }

                if (ended.Exception is { } exception)
                {
                    services.Logger.Unexpected(instance.Name, exception);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
