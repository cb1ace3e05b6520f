using System.Threading.Channels;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Health;

/// <summary>
/// Watches the live generation of one instance: checks it in the background, hears what its calls find out, and keeps a verdict with
/// hysteresis. While the verdict is bad it looks again and again after short delays, and the first success lets calls through.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="changed">Told when the verdict on a generation changes, with no lock held: another may be live by then.</param>
/// <param name="stuck">Told every <see cref="_stuckAfter"/> that the verdict has stayed bad, and how often so far: a new generation may help.</param>
internal sealed class HealthMonitor(TimeProvider timeProvider, Action<Generation, HealthReport> changed, Action<int> stuck) : IAsyncDisposable
{
    private static readonly TimeSpan _doubtInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _retryBase = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _retryCap = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _stuckAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _checking = new(1, 1);
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by _checking.
    private HealthReport? _lastCheck;

    // Guarded by _lock.
    private Generation? _watched;
    private HealthOptions _options = new();
    private Verdict _verdict = new(new());
    private HealthReport _report = HealthReport.Unknown;
    private CallTotals _seenCalls;
    private int _failedLooks;
    private long _unhealthySince;
    private int _timesStuck;
    private ITimer? _timer;
    private Task _loop = Task.CompletedTask;

    // Read on the call path without the lock: a stale value costs one observation.
    private volatile bool _wantsSuccesses;

    /// <summary>The verdict, and what the last check or call found.</summary>
    internal HealthReport Report
    {
        get
        {
            lock (_lock)
            {
                return _report;
            }
        }
    }

    /// <summary>Whether the verdict is good, or there is none.</summary>
    internal bool IsHealthy
    {
        get
        {
            lock (_lock)
            {
                return _watched is null || _verdict.IsHealthy;
            }
        }
    }

    /// <summary>Begins to watch a generation that was just found healthy.</summary>
    internal void Watch(Generation generation, HealthOptions options, HealthReport first)
    {
        lock (_lock)
        {
            _watched = generation;
            _options = options;
            _verdict = new(options);
            _report = first;
            _seenCalls = default;
            _failedLooks = 0;
            _wantsSuccesses = false;
            if (_timer is null)
            {
                // Neither may carry what is in the flow of whoever publishes.
                using (ExecutionContext.SuppressFlow())
                {
                    _timer = timeProvider.CreateTimer(
                        static state => ((HealthMonitor)state!)._due.Writer.TryWrite(true), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _loop = Task.Run(LoopAsync);
                }
            }

            Schedule_NeedsLock();
        }
    }

    /// <summary>Stops watching: nothing is live.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            _watched = null;
            _report = HealthReport.Unknown;
            _wantsSuccesses = false;
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A call of the generation was answered.</summary>
    internal void Answered(Generation generation)
    {
        if (_wantsSuccesses)
        {
            Observe(generation, null, isCheck: false);
        }
    }

    /// <summary>A call of the generation found the outside system unreachable.</summary>
    internal void Unreachable(Generation generation, PluginRuntimeException cause) => Observe(generation, cause.Message, isCheck: false);

    /// <summary>Checks now. Callers at the same time share one check.</summary>
    /// <param name="slot">Where the live generation is; a swap in between makes it look again.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <returns>What this check found, whatever the verdict makes of it.</returns>
    internal async Task<HealthReport> CheckAsync(InstanceSlot slot, CancellationToken cancellationToken)
    {
        var asked = timeProvider.GetUtcNow();
        await _checking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_lastCheck is { LastChecked: { } last } shared && last > asked)
            {
                return shared;
            }

            Generation? live;
            HealthReport report;
            do
            {
                live = slot.Live;
                report = live is not null
                    ? await HealthCheck.RunAsync(live, timeProvider, cancellationToken).ConfigureAwait(false)
                    : new HealthReport(false, "unhealthy", null, $"It takes no calls: {slot.Reason}", timeProvider.GetUtcNow());
            }
            while (slot.Live != live); // A swap in between: what was found is about the version before.

            _lastCheck = report;
            if (live is not null)
            {
                Observe(live, report.Error, isCheck: true, report);
            }

            return report;
        }
        finally
        {
            _checking.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Forget();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task LoopAsync()
    {
        while (await _due.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
        {
            _due.Reader.TryRead(out _);
            Generation? generation;
            lock (_lock)
            {
                generation = _watched;
            }

            if (generation is null)
            {
                continue;
            }

            try
            {
                await LookAsync(generation).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                // A generation that ended meanwhile, or a fault of ours: the loop must go on. Of a generation that is not watched any
                // more nothing is kept.
                Observe(generation, $"The check failed: {exception.Message}", isCheck: false);
            }

            TellWhenStuck();
            lock (_lock)
            {
                Schedule_NeedsLock();
            }
        }
    }

    /// <summary>One look in the background. Where every connection is in use the calls themselves say how it goes.</summary>
    private async Task LookAsync(Generation generation)
    {
        await _checking.WaitAsync(_stopping.Token).ConfigureAwait(false);
        HealthReport? report;
        try
        {
            report = await HealthCheck.TryRunAsync(generation, timeProvider, _stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            _checking.Release();
        }

        if (report is not null)
        {
            Observe(generation, report.Error, isCheck: true, report);
            return;
        }

        CallTotals since;
        lock (_lock)
        {
            var calls = generation.Calls;
            since = calls - _seenCalls;
            _seenCalls = calls;
        }

        if (since is { Succeeded: 0, Failed: > 0 })
        {
            Observe(generation, "Every connection is in use, and no call has succeeded since the last look.", isCheck: false);
        }
    }

    private void Observe(Generation generation, string? error, bool isCheck, HealthReport? found = null)
    {
        HealthReport? news = null;
        lock (_lock)
        {
            if (_watched != generation)
            {
                return;
            }

            var wasInDoubt = _verdict.IsInDoubt;
            var hasChanged = _verdict.Observe(error is null);
            var status = !_verdict.IsHealthy ? "unhealthy" : _verdict.IsInDoubt ? "degraded" : "healthy";
            _report = new(
                _verdict.IsHealthy,
                status,
                isCheck ? found?.ResponseTimeMs : _report.ResponseTimeMs,
                error ?? (_verdict.IsHealthy ? null : _report.Error),
                isCheck ? found?.LastChecked : timeProvider.GetUtcNow());
            _wantsSuccesses = _verdict.IsInDoubt || !_verdict.IsHealthy;
            if (hasChanged)
            {
                news = _report;
                _failedLooks = 0;
                _unhealthySince = timeProvider.GetTimestamp();
                _timesStuck = 0;
            }

            if (hasChanged || _verdict.IsInDoubt != wasInDoubt)
            {
                Schedule_NeedsLock();
            }
        }

        if (error is null && isCheck)
        {
            generation.Breaker.Reset();
        }

        if (news is not null)
        {
            if (!news.Healthy)
            {
                generation.Pool.Suspect();
            }

            changed(generation, news);
        }
    }

    private void TellWhenStuck()
    {
        int times;
        lock (_lock)
        {
            if (_watched is null || _verdict.IsHealthy || timeProvider.GetElapsedTime(_unhealthySince) < _stuckAfter)
            {
                return;
            }

            _unhealthySince = timeProvider.GetTimestamp();
            times = ++_timesStuck;
        }

        stuck(times);
    }

    private void Schedule_NeedsLock()
    {
        if (_watched is null || _timer is null)
        {
            return;
        }

        TimeSpan delay;
        if (!_verdict.IsHealthy)
        {
            delay = Backoff.Delay(_failedLooks++, _retryBase, _retryCap, Random.Shared.NextDouble());
        }
        else
        {
            var interval = _verdict.IsInDoubt && _options.Interval > _doubtInterval ? _doubtInterval : _options.Interval;
            delay = interval * (0.9 + (0.2 * Random.Shared.NextDouble()));
        }

        _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }
}
