using System.Threading.Tasks.Sources;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Execution;

/// <summary>
/// Ends the attempt that runs on one connection, in time: cancels the connector's token at the deadline, or earlier when told to, and gives
/// the attempt up when it has not ended <see cref="ForeignCall.Grace"/> later. One attempt at a time, and then the next; nothing is allocated
/// for one that ends by itself.
/// </summary>
/// <remarks>
/// The timer is not set anew for each attempt. It stays armed for the earliest deadline there was, and when it fires looks what runs by then.
/// So a deadline costs a comparison where attempts are short, and the timer fires once in an attempt timeout at most.
/// </remarks>
/// <param name="timeProvider">The clock. Deadlines are its timestamps.</param>
/// <param name="countAbandoned">Told +1 when an attempt is given up, and -1 when it ends after all.</param>
internal sealed class AttemptWatchdog(TimeProvider timeProvider, Action<int> countAbandoned) : IValueTaskSource<bool>, IDisposable
{
    private const long None = 0;
    private const long Cancelled = -1;

    private static readonly TimeSpan _longestTimer = TimeSpan.FromDays(1);

    private readonly Lock _timerLock = new();
    private ManualResetValueTaskSourceCore<bool> _source;
    private Action? _onEnded;
    private ValueTask _pending;
    private CancellationTokenRegistration _caller;

    // The connector's token. Used again for the next attempt unless it was cancelled, so it never leaves this connection's connector.
    private volatile CancellationTokenSource _foreign = new();

    // The timestamp at which the attempt that runs is cancelled; None, or Cancelled.
    private long _deadline;
    private long _graceEnd;

    // The number of the attempt, and in the two lowest bits how it is waited for.
    private long _wait;

    // Written under _timerLock.
    private long _armedFor = long.MaxValue;
    private ITimer? _timer;
    private bool _isDisposed;

    /// <summary>How the end of an attempt is waited for.</summary>
    private enum Waiting : long
    {
        /// <summary>Not yet: the connector has the thread.</summary>
        No,

        /// <summary>Not yet, and there is no time left for it.</summary>
        Overdue,

        /// <summary>By <see cref="EndsAsync"/>.</summary>
        Yes,

        /// <summary>No more: it ended or was given up.</summary>
        Over,
    }

    /// <summary>Whether the attempt that runs was cancelled.</summary>
    internal bool IsCancelled => Volatile.Read(ref _deadline) == Cancelled;

    /// <summary>
    /// Whether an attempt runs that has not come back from the connector's synchronous part, or not come to it yet. Once this was false, that
    /// attempt does not call the connector any more.
    /// </summary>
    internal bool HasThread => Volatile.Read(ref _deadline) != None && (Volatile.Read(ref _wait) & 3) < (long)Waiting.Yes;

    /// <summary>An attempt begins.</summary>
    /// <param name="deadline">The timestamp at which it is cancelled; above zero.</param>
    /// <param name="caller">Cancels it as well.</param>
    /// <returns>The connector's token, for this attempt alone.</returns>
    internal CancellationToken Begin(long deadline, CancellationToken caller)
    {
        Volatile.Write(ref _wait, (_wait & ~3L) + 4);

        // Meets Tick: this write comes before the read of what the timer is armed for, Tick's write of that before its read of the deadline. So
        // either Tick sees this attempt, or this sees that nothing is armed. The fence in between is Tick's alone, which comes seldom: it is one
        // for all processors.
        Volatile.Write(ref _deadline, deadline);
        if (deadline < Volatile.Read(ref _armedFor))
        {
            Arm(deadline);
        }

        var token = _foreign.Token;
        if (caller.CanBeCanceled)
        {
            _caller = caller.UnsafeRegister(static watchdog => ((AttemptWatchdog)watchdog!).Cancel(), this);
        }

        return token;
    }

    /// <summary>Cancels the attempt that runs, if one does. Neither blocks nor throws: what hangs on the connector's token runs elsewhere.</summary>
    internal void Cancel()
    {
        long deadline;
        while ((deadline = Volatile.Read(ref _deadline)) > None)
        {
            // Read first: once the attempt is marked it may end, and the next one has a source of its own. Two that cancel at a time write
            // much the same end.
            var foreign = _foreign;
            var graceEnd = timeProvider.GetTimestamp() + Timestamps.Of(ForeignCall.Grace, timeProvider);
            Volatile.Write(ref _graceEnd, graceEnd);
            if (Interlocked.CompareExchange(ref _deadline, Cancelled, deadline) == deadline)
            {
                ForeignCall.Observe(foreign.CancelAsync());
                Arm(graceEnd);
                return;
            }
        }
    }

    /// <summary>Waits until the attempt has ended, or is given up.</summary>
    /// <param name="pending">The connector's task. Nobody else may wait for it.</param>
    /// <returns>True when <paramref name="pending"/> has ended, and its result is to be taken; false when it was given up and still runs.</returns>
    internal ValueTask<bool> EndsAsync(ValueTask pending)
    {
        _pending = pending;
        var number = Volatile.Read(ref _wait) & ~3L;
        var isWaiting = Interlocked.CompareExchange(ref _wait, number + (long)Waiting.Yes, number + (long)Waiting.No) == number + (long)Waiting.No;
        var version = _source.Version;
        if (!isWaiting)
        {
            Volatile.Write(ref _wait, number + (long)Waiting.Over);
            countAbandoned(1);
        }

        pending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onEnded ??= OnEnded);
        return isWaiting ? new(this, version) : new(false);
    }

    /// <summary>The attempt is over, whatever came of it.</summary>
    /// <param name="isAbandoned">Whether it still runs. Then it was the last one on this connection.</param>
    internal void End(bool isAbandoned)
    {
        // Waits for a cancel by the caller that is under way: after this none can meet the next attempt.
        _caller.Dispose();
        _caller = default;
        if (!isAbandoned)
        {
            _pending = default;
        }

        if (Interlocked.Exchange(ref _deadline, None) == Cancelled || !_foreign.TryReset())
        {
            // Not disposed: the connector may keep its token, and register with it when the call has ended.
            _foreign = new();
        }
    }

    /// <summary>The connection is closed: no attempt will begin on it.</summary>
    public void Dispose()
    {
        lock (_timerLock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Runs where the connector's task ended.</summary>
    private void OnEnded()
    {
        // Meets Tick, which gives up: whoever moves the word on completes the wait.
        var wait = Volatile.Read(ref _wait);
        if ((wait & 3) == (long)Waiting.Yes && Interlocked.CompareExchange(ref _wait, wait | (long)Waiting.Over, wait) == wait)
        {
            Complete(hasEnded: true);
            return;
        }

        countAbandoned(-1);
        try
        {
            _pending.GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // Nobody waits any more, and its caller was told long ago. Taken so that it does not count as unobserved.
        }
    }

    private void Complete(bool hasEnded)
    {
        // What ended on a thread of the connector must not make it the caller's.
        _source.RunContinuationsAsynchronously = !Thread.CurrentThread.IsThreadPoolThread;
        _source.SetResult(hasEnded);
    }

    private void Arm(long at)
    {
        lock (_timerLock)
        {
            if (at >= _armedFor || _isDisposed)
            {
                return;
            }

            Volatile.Write(ref _armedFor, at);
            if (_timer is null)
            {
                // The timer must not carry what is in the flow of whoever calls.
                using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
                {
                    _timer = timeProvider.CreateTimer(
                        static watchdog => ((AttemptWatchdog)watchdog!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }

            // Rounded up to the timer's milliseconds: one that fires early only has to be set again.
            var left = timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), at);
            left = left < TimeSpan.Zero ? TimeSpan.Zero : left > _longestTimer ? _longestTimer : left;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick()
    {
        lock (_timerLock)
        {
            _armedFor = long.MaxValue;
        }

        // See Begin.
        Interlocked.MemoryBarrierProcessWide();
        while (true)
        {
            // In this order: a word that is older than the mark fails below, and is read again.
            var wait = Volatile.Read(ref _wait);
            var deadline = Volatile.Read(ref _deadline);
            if (deadline == None)
            {
                return;
            }

            var due = deadline == Cancelled ? Volatile.Read(ref _graceEnd) : deadline;
            if (due > timeProvider.GetTimestamp())
            {
                Arm(due);
                return;
            }

            if (deadline != Cancelled)
            {
                Cancel();
                return;
            }

            if (TryGiveUp(wait))
            {
                return;
            }
        }
    }

    /// <returns>False when the attempt moved on meanwhile.</returns>
    private bool TryGiveUp(long wait)
    {
        switch ((Waiting)(wait & 3))
        {
            case Waiting.No:
                return Interlocked.CompareExchange(ref _wait, wait + (long)Waiting.Overdue, wait) == wait;
            case Waiting.Yes:
                if (Interlocked.CompareExchange(ref _wait, wait | (long)Waiting.Over, wait) != wait)
                {
                    return false;
                }

                countAbandoned(1);
                Complete(hasEnded: false);
                return true;
            default:
                return true;
        }
    }
}
