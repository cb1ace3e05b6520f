using PluginRuntime.Execution;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// The time after a swap in which the new version may still be taken back by itself: when its breaker opens, when it turns unhealthy, or
/// when its calls fail more often, or take much longer, than those of the version before. It only finds the reason; whoever takes back makes
/// sure that it is the version, and not the outside system, that is to blame.
/// </summary>
internal sealed class BakePeriod : IDisposable
{
    /// <summary>How many looks there are. Before the first one it warms up: how long calls take then says nothing.</summary>
    private const int _looks = 10;

    /// <summary>Fewer calls than this say nothing at the end of the period.</summary>
    private const int _fewCalls = 10;

    private static readonly TimeSpan _againBase = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _againCap = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly (VersionSample Lately, VersionSample Life) _callsBefore;
    private readonly int _calls;
    private readonly TimeSpan _time;
    private readonly TimeProvider _timeProvider;
    private readonly Action<BakePeriod, string> _takeBack;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started;
    private readonly ITimer _timer;

    // Guarded by _lock.
    private Generation _next;
    private VersionSample _baseline;
    private VersionSample? _warm;
    private LookPace _pace;
    private bool _isTakingBack;
    private string? _doubt;
    private int _tries;
    private TimeSpan _notBefore;

    /// <param name="before">The version to go back to.</param>
    /// <param name="callsBefore">What its calls came to, lately and since it was live.</param>
    /// <param name="next">The generation that has just been published.</param>
    /// <param name="baseline">Its attempts before that: a canary has had some.</param>
    /// <param name="time">How long the period is.</param>
    /// <param name="calls">How many calls make a sample that counts before the period is over.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="takeBack">Told, with a sentence, when the version should be taken back. <see cref="Resume"/> follows when that is not done.</param>
    internal BakePeriod(
        PackageIdentity before,
        (VersionSample Lately, VersionSample Life) callsBefore,
        Generation next,
        VersionSample baseline,
        TimeSpan time,
        int calls,
        TimeProvider timeProvider,
        Action<BakePeriod, string> takeBack)
    {
        Before = before;
        _callsBefore = callsBefore;
        _next = next;
        _baseline = baseline;
        _time = time;
        _calls = Math.Max(calls, 1);
        _timeProvider = timeProvider;
        _takeBack = takeBack;
        _started = timeProvider.GetTimestamp();
        using (ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static state => ((BakePeriod)state!).Tick(), this, time / _looks, Timeout.InfiniteTimeSpan);
        }
    }

    internal PackageIdentity Before { get; }

    internal PackageIdentity Identity => Next.Identity;

    /// <summary>Completes when the version before is no longer needed: true when the new one came through.</summary>
    internal Task<bool> Ended => _ended.Task;

    private Generation Next
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>Another generation of the same version took over, for a changed configuration or a reconnect.</summary>
    internal void Follow(Generation generation, VersionSample baseline)
    {
        lock (_lock)
        {
            _next = generation;
            _doubt = null;
            Restart_NeedsLock();
            _baseline = baseline;
        }
    }

    /// <summary>An attempt failed; it is counted already. Called once when it begins as well: calls came as soon as it was published.</summary>
    internal void AttemptFailed(Generation generation)
    {
        if (!_lock.TryEnter())
        {
            // Another thread judges at this moment: the next failure or the next look does.
            return;
        }

        string? why;
        try
        {
            // While it is in doubt for its connections the calls that fail at once for that say nothing more.
            why = generation == _next && _doubt is null && !_isTakingBack && _pace.IsDue() ? Judge_NeedsLock(_calls) : null;
        }
        finally
        {
            _lock.Exit();
        }

        Find(why);
    }

    /// <summary>Its breaker opened, or its health turned bad.</summary>
    internal void Doubt(Generation generation, string why)
    {
        lock (_lock)
        {
            if (generation != _next)
            {
                return;
            }

            _doubt = why;
        }

        Find(why);
    }

    /// <summary>Its outside system answers: what failed before counts no more.</summary>
    internal void Recovered()
    {
        lock (_lock)
        {
            _doubt = null;
            _tries = 0;
            Restart_NeedsLock();
        }
    }

    /// <summary>It was not taken back: the version before does no better, so it is the outside system.</summary>
    internal void Resume()
    {
        lock (_lock)
        {
            _isTakingBack = false;
            Restart_NeedsLock();
            _notBefore = _timeProvider.GetElapsedTime(_started) + Backoff.Delay(_tries++, _againBase, _againCap, Random.Shared.NextDouble());
            Arm_NeedsLock();
        }
    }

    /// <summary>Ends it before its time: the version was replaced, taken back, or is taken down.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _ended.TrySetResult(false);
    }

    private void Tick()
    {
        string? why;
        lock (_lock)
        {
            if (_isTakingBack)
            {
                return;
            }

            var isOver = _timeProvider.GetElapsedTime(_started) >= _time;
            why = _doubt ?? Judge_NeedsLock(isOver ? _fewCalls : _calls) ?? JudgeTimes_NeedsLock();
            if (isOver && (why is null || _tries > 0))
            {
                // It came through; or going back did not help before, and time is up.
                _ended.TrySetResult(true);
                return;
            }

            Arm_NeedsLock();
        }

        Find(why);
    }

    /// <summary>For the next look, or the moment from which it may be tried once more to go back.</summary>
    private void Arm_NeedsLock()
    {
        var elapsed = _timeProvider.GetElapsedTime(_started);
        var wait = _time - elapsed;
        wait = wait > _time / _looks ? _time / _looks : wait;
        wait = _notBefore > elapsed && _notBefore - elapsed < wait ? _notBefore - elapsed : wait;
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Restart_NeedsLock()
    {
        _baseline = VersionSample.Of(_next);
        _warm = null;
        _pace = default;
    }

    private string? Judge_NeedsLock(int few) =>
        VersionComparison.FindFault(VersionSample.Of(_next) - _baseline, _callsBefore.Lately, _callsBefore.Life, _calls, few);

    private string? JudgeTimes_NeedsLock()
    {
        var now = VersionSample.Of(_next);
        if (_warm is { } warm)
        {
            return VersionComparison.FindSlowness(now - warm, _callsBefore.Lately, _calls);
        }

        _warm = now;
        return null;
    }

    private void Find(string? why)
    {
        if (why is null || _ended.Task.IsCompleted)
        {
            return;
        }

        lock (_lock)
        {
            if (_isTakingBack)
            {
                return;
            }

            // Calls may give a reason a thousand times a second; each try builds a generation.
            if (_notBefore > _timeProvider.GetElapsedTime(_started))
            {
                Arm_NeedsLock();
                return;
            }

            _isTakingBack = true;
        }

        _takeBack(this, why);
    }
}
