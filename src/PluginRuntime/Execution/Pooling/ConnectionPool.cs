namespace PluginRuntime.Execution.Pooling;

/// <summary>The connections of one generation: least recently used first, callers in strict order, within the instance's permits.</summary>
/// <remarks>
/// <para>One lock guards everything that changes. Under it the outcome of callers is decided and work is queued; callers are completed
/// and the source is called with no lock held.</para>
/// <para>While callers wait, something that serves them is under way: a connection is in use, opening, being checked or closing, or the
/// pool waits for a permit. Whatever ends one of these runs <see cref="Supply_NeedsLock"/>, which keeps it so.</para>
/// </remarks>
internal sealed partial class ConnectionPool : IAsyncDisposable, IPermitWaiter
{
    private readonly Lock _lock = new();
    private readonly string _instance;
    private readonly IConnectionSource _source;
    private readonly PoolOptions _options;
    private readonly PoolPermits _permits;
    private readonly TimeProvider _time;
    private readonly int _min;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by the lock, as all that follows here and in the other parts.
    private readonly LinkedList<PooledConnection> _idle = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly Stack<Waiter> _spareWaiters = new();
    private bool _closed;
    private int _inUse;
    private long _rents;
    private long _timeouts;
    private long _cancellations;
    private long _doubleReturns;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ConnectionPool(string instance, IConnectionSource source, PoolOptions options, PoolPermits permits, TimeProvider time)
    {
        if (options.Validate("pool") is [var error, ..])
        {
            throw new ArgumentOutOfRangeException(nameof(options), error.Detail);
        }

        _instance = instance;
        _source = source;
        _options = options;
        _permits = permits;
        _time = time;
        _min = options.Min ?? options.Size;
        _startedAt = time.GetUtcNow();
        _startStamp = time.GetTimestamp();
        _slotLength = options.IdleTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.IdleTimeout / IdleWindow.Slots;
        _nextSlot = _slotLength;

        // The timer must not carry what is in the flow of whoever makes the pool.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(
                static pool => ((ConnectionPool)pool!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        lock (_lock)
        {
            Arm_NeedsLock(NextTick_NeedsLock());
        }
    }

    /// <summary>Waits for a connection, in strict order; null when the pool is closed.</summary>
    /// <remarks>The result is to be awaited exactly once.</remarks>
    /// <exception cref="PoolExhaustedException">None came within the acquire timeout.</exception>
    /// <exception cref="PluginRuntimeException">Opening one failed, for the caller who was first in the queue.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Rental?> RentAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Rental?>(cancellationToken);
        }

        Waiter waiter;
        var decided = default(WaiterChain);
        lock (_lock)
        {
            if (_closed)
            {
                return new ValueTask<Rental?>((Rental?)null);
            }

            if (_waiters.Count == 0 && _idle.First?.Value is { } entry && IsFresh_NeedsLock(entry))
            {
                TakeIdle_NeedsLock(entry);
                return new ValueTask<Rental?>(Rent_NeedsLock(entry));
            }

            waiter = _spareWaiters.TryPop(out var spare) ? spare : new Waiter(this);
            _now = Now();
            waiter.Start_NeedsLock(_permits.NextPlace(), _now + _options.AcquireTimeout);
            _waiters.AddLast(waiter.Node);
            Arm_NeedsLock(waiter.Deadline);
            Supply_NeedsLock(ref decided);
        }

        decided.CompleteAll();
        return waiter.AsTask(cancellationToken);
    }

    /// <summary>Ends a rent; the connection goes straight to the caller who has waited longest. A second return only counts.</summary>
    public void Return(Rental rental)
    {
        var decided = default(WaiterChain);
        lock (_lock)
        {
            if (!TryEndRent_NeedsLock(rental))
            {
                return;
            }

            Settle_NeedsLock(rental.Entry, ref decided);
            if (_awaitsPermit)
            {
                // The permit was wanted for a caller who may just have been served.
                Supply_NeedsLock(ref decided);
            }
        }

        decided.CompleteAll();
    }

    /// <summary>Ends a rent of a connection that is broken or may be: it is closed, and frees its permit once that has ended.</summary>
    public void Drop(Rental rental)
    {
        lock (_lock)
        {
            if (TryEndRent_NeedsLock(rental))
            {
                StartClose_NeedsLock(rental.Entry);
            }
        }
    }

    /// <summary>
    /// Ends renting: callers who wait leave with null, idle connections are closed now, those in use as they come back. No call in
    /// flight fails by it. Closing twice is fine.
    /// </summary>
    public void Close()
    {
        var decided = default(WaiterChain);
        bool drained;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            while (_waiters.First?.Value is { } waiter)
            {
                Decide_NeedsLock(waiter, null, null, ref decided);
            }

            while (_idle.First?.Value is { } entry)
            {
                TakeIdle_NeedsLock(entry);
                StartClose_NeedsLock(entry);
            }

            ForgetPermit_NeedsLock();
            _minimum?.TrySetCanceled(CancellationToken.None);
            drained = IsDrained_NeedsLock;
        }

        decided.CompleteAll();
        _timer.Dispose();

        // Openings and checks under way stop early. Not on this thread: what hangs on the token belongs to the source.
        _ = _stopping.CancelAsync();
        SignalDrained(drained);
    }

    /// <summary>Completes once the pool is closed, and every connection too, and every permit is back. The caller bounds it.</summary>
    public Task DrainedAsync(CancellationToken cancellationToken) => _drained.Task.WaitAsync(cancellationToken);

    /// <summary>Closes the pool and waits until it has drained, for as long as callers keep their connections.</summary>
    public ValueTask DisposeAsync()
    {
        Close();
        return new ValueTask(_drained.Task);
    }

    /// <summary>The caller gave up; it may meet a connection, a timeout or a close that was decided first, and then that holds.</summary>
    internal void Cancel(Waiter waiter, CancellationToken cancellationToken)
    {
        var decided = default(WaiterChain);
        lock (_lock)
        {
            if (waiter.Node.List is null)
            {
                return;
            }

            _cancellations++;
            Decide_NeedsLock(waiter, null, new OperationCanceledException(cancellationToken), ref decided);
            Supply_NeedsLock(ref decided);
        }

        decided.CompleteAll();
    }

    internal void Recycle(Waiter waiter)
    {
        lock (_lock)
        {
            _spareWaiters.Push(waiter);
        }
    }

    private Rental Rent_NeedsLock(PooledConnection entry)
    {
        _inUse++;
        _rents++;
        return entry.BeginRent_NeedsLock(_now);
    }

    private bool TryEndRent_NeedsLock(Rental rental)
    {
        if (rental.Entry.Owner != this)
        {
            throw new ArgumentException("The connection belongs to another pool.", nameof(rental));
        }

        if (!rental.Entry.TryEndRent_NeedsLock(rental.Version, _now))
        {
            _doubleReturns++;
            return false;
        }

        _inUse--;
        return true;
    }

    private void TakeIdle_NeedsLock(PooledConnection entry)
    {
        _idle.Remove(entry.IdleNode);
        _window.Observe(_idle.Count);
    }

    /// <summary>A usable connection that nobody has: to the first caller in the queue, else to the idle ones, as the last to be used.</summary>
    private void Settle_NeedsLock(PooledConnection entry, ref WaiterChain decided)
    {
        if (_closed || entry.ExpiresAt <= _now)
        {
            StartClose_NeedsLock(entry);
        }
        else if (_waiters.First?.Value is { } waiter)
        {
            Decide_NeedsLock(waiter, Rent_NeedsLock(entry), null, ref decided);
        }
        else
        {
            _idle.AddLast(entry.IdleNode);
        }
    }

    private void Decide_NeedsLock(Waiter waiter, Rental? rental, Exception? error, ref WaiterChain decided)
    {
        _waiters.Remove(waiter.Node);
        waiter.Decide_NeedsLock(rental, error);
        decided.Add(waiter);
    }
}
