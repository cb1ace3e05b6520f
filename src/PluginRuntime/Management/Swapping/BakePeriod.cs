using PluginRuntime.Execution;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// The time after a swap in which the new version may still be taken back by itself: when its breaker opens, when it turns unhealthy, or
/// when its error rate lies 20 points above that of the version before. It only finds the reason; whoever takes back makes sure that it
/// is the version, and not the outside system, that is to blame.
/// </summary>
internal sealed class BakePeriod : IDisposable
{
    private const double _points = 0.2;

    /// <summary>Fewer calls than this say nothing at the end of the period.</summary>
    private const int _fewCalls = 10;

    private static readonly TimeSpan _againBase = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _againCap = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly double _errorRateBefore;
    private readonly int _calls;
    private readonly TimeSpan _time;
    private readonly TimeProvider _timeProvider;
    private readonly Action<BakePeriod, string> _takeBack;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started;
    private readonly ITimer _timer;

    // Guarded by _lock.
    private Generation _next;
    private CallTotals _baseline;
    private bool _isTakingBack;
    private string? _doubt;
    private int _tries;
    private TimeSpan _notBefore;

    /// <param name="before">The version to go back to.</param>
    /// <param name="errorRateBefore">Its share of failed calls, 0 to 1.</param>
    /// <param name="next">The generation that has just been published.</param>
    /// <param name="time">How long the period is.</param>
    /// <param name="calls">How many calls make a sample that counts before the period is over.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="takeBack">Told, with a sentence, when the version should be taken back. <see cref="Resume"/> follows when that is not done.</param>
    internal BakePeriod(
        PackageIdentity before, double errorRateBefore, Generation next, TimeSpan time, int calls, TimeProvider timeProvider, Action<BakePeriod, string> takeBack)
    {
        Before = before;
        _errorRateBefore = errorRateBefore;
        _next = next;
        _time = time;
        _calls = Math.Max(calls, 1);
        _timeProvider = timeProvider;
        _takeBack = takeBack;
        _started = timeProvider.GetTimestamp();
        using (ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static state => ((BakePeriod)state!).Tick(), this, time, Timeout.InfiniteTimeSpan);
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
    internal void Follow(Generation generation)
    {
        lock (_lock)
        {
            _next = generation;
            _baseline = default;
            _doubt = null;
        }
    }

    /// <summary>A call failed; it is counted already.</summary>
    internal void CallFailed(Generation generation)
    {
        string? why;
        lock (_lock)
        {
            // While it is in doubt for its connections the calls that fail at once for that say nothing more.
            why = generation != _next || _doubt is not null ? null : Judge_NeedsLock(_calls);
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
            _baseline = _next.Calls.Read();
        }
    }

    /// <summary>It was not taken back: the version before does no better, so it is the outside system.</summary>
    internal void Resume()
    {
        lock (_lock)
        {
            _isTakingBack = false;
            _baseline = _next.Calls.Read();
            var left = _time - _timeProvider.GetElapsedTime(_started);
            var again = Backoff.Delay(_tries++, _againBase, _againCap, Random.Shared.NextDouble());
            _notBefore = _timeProvider.GetElapsedTime(_started) + again;
            var wait = _doubt is not null && again < left ? again : left;
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
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

            var left = _time - _timeProvider.GetElapsedTime(_started);
            if (left > TimeSpan.Zero && _doubt is null)
            {
                // It was set for another try; the doubt is gone.
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            why = _doubt ?? Judge_NeedsLock(_fewCalls);
            if (left <= TimeSpan.Zero && (why is null || _tries > 0))
            {
                // It came through; or going back did not help before, and time is up.
                _ended.TrySetResult(true);
                return;
            }
        }

        Find(why);
    }

    private string? Judge_NeedsLock(int calls)
    {
        var sample = _next.Calls.Read() - _baseline;
        return sample.All >= calls && sample.ErrorRate - _errorRateBefore >= _points - 1e-9
            ? FormattableString.Invariant($"{sample.Failed} of {sample.All} calls failed; of the version before it was {_errorRateBefore:P0}.")
            : null;
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
            if (_notBefore - _timeProvider.GetElapsedTime(_started) is { } early && early > TimeSpan.Zero)
            {
                if (_doubt is not null)
                {
                    _timer.Change(early, Timeout.InfiniteTimeSpan);
                }

                return;
            }

            _isTakingBack = true;
        }

        _takeBack(this, why);
    }
}
