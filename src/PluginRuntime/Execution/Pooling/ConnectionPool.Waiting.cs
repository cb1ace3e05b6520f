using System.Runtime.CompilerServices;

namespace PluginRuntime.Execution.Pooling;

/// <summary>Callers for whom no connection is idle.</summary>
internal sealed partial class ConnectionPool
{
    /// <summary>How far the system's coarse counter may be behind, in milliseconds.</summary>
    private const int CoarseTick = 16;

    private Waiter? _spareWaiters;
    private long _lastPlace;

    /// <summary>The caller gave up; it may meet a connection, a timeout or a close that was decided first, and then that holds.</summary>
    internal void Cancel(Waiter waiter, CancellationToken cancellationToken)
    {
        var after = default(Aftermath);
        using (_lock.Enter())
        {
            if (!waiter.IsQueued)
            {
                return;
            }

            _cancellations++;
            Dismiss_NeedsLock(waiter, new OperationCanceledException(cancellationToken), ref after);
            Supply_NeedsLock(ref after);
        }

        after.Run();
    }

    // Never inlined: what is left of a rent is so short that this would only be in its way.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<Rental?> QueueAsync(object? borrower, QuickLock.Scope entered, CancellationToken cancellationToken)
    {
        Waiter waiter;
        var after = default(Aftermath);
        using (entered)
        {
            if (_closed)
            {
                return new ValueTask<Rental?>((Rental?)null);
            }

            if (FreshIdle_NeedsLock is { } entry)
            {
                // Only the door was taken.
                TakeFirstIdle_NeedsLock();
                return new ValueTask<Rental?>(entry.BeginRent_NeedsLock(_now, borrower));
            }

            waiter = SpareWaiter_NeedsLock();
            var isAllInUse = _total == _options.Size && _idle.Count == 0 && !_awaitsPermit && _pace.FailuresInARow == 0;
            _lastPlace = _budget.NextPlace(_lastPlace);
            waiter.Start_NeedsLock(_lastPlace, Deadline_NeedsLock(isCoarse: isAllInUse), borrower);
            _waiters.Add(waiter);
            Arm_NeedsLock(waiter.Deadline);
            if (!isAllInUse)
            {
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
        return waiter.AsTask(cancellationToken);
    }

    /// <summary>When a caller who comes now has waited long enough.</summary>
    /// <param name="isCoarse">
    /// Whether the caller needs no other time than this. Then, of the system's clock, the coarse counter does, which costs a third: the
    /// caller waits two of its ticks longer at most, and no moment less than he should.
    /// </param>
    private TimeSpan Deadline_NeedsLock(bool isCoarse)
    {
        if (isCoarse && _hasCoarseClock)
        {
            // Counted from the last reading of the clock, so that the two cannot drift apart.
            return _now + TimeSpan.FromTicks((Environment.TickCount64 - _nowTicks + CoarseTick) * TimeSpan.TicksPerMillisecond) + _options.AcquireTimeout;
        }

        ReadClock_NeedsLock();
        return _now + _options.AcquireTimeout;
    }

    private Waiter SpareWaiter_NeedsLock()
    {
        if (_spareWaiters is not { } spare)
        {
            return new Waiter(this);
        }

        _spareWaiters = spare.Next;
        return spare;
    }

    /// <summary>Takes back the waiters that a connection brings.</summary>
    private void Reclaim_NeedsLock(PooledConnection entry)
    {
        for (var waiter = entry.FinishedWaiters; waiter is not null;)
        {
            var next = waiter.Next;
            (waiter.Next, _spareWaiters) = (_spareWaiters, waiter);
            waiter = next;
        }

        entry.FinishedWaiters = null;
    }

    /// <param name="waiter">Who gets no connection.</param>
    /// <param name="error">Null where the pool was closed.</param>
    /// <param name="after">Tells him.</param>
    private void Dismiss_NeedsLock(Waiter waiter, Exception? error, ref Aftermath after)
    {
        waiter.Dismiss_NeedsLock(error);
        Decided_NeedsLock(waiter, ref after);
    }

    private void Decided_NeedsLock(Waiter waiter, ref Aftermath after)
    {
        _waiters.Remove(waiter);
        after.Add(waiter);
    }
}
