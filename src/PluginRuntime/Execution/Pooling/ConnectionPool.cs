using System.Runtime.CompilerServices;

namespace PluginRuntime.Execution.Pooling;

/// <summary>The connections of one generation: least recently used first, callers in strict order, within the instance's permits.</summary>
/// <remarks>
/// <para>One lock guards everything that changes. Under it the outcome of callers is decided and work is queued; callers are completed
/// and the source is called with no lock held.</para>
/// <para>While callers wait, something that serves them is under way: a connection is in use, opening, being checked or closing, the
/// pool waits for a permit, or the timer is armed for the next opening. Whatever ends one of these runs <see cref="Supply_NeedsLock"/>,
/// which keeps it so. While openings fail and there is no connection, nobody waits: callers get the failure at once.</para>
/// <para>Of two pools' locks one is held at a time; the budget's may be taken under a pool's, never the other way round.</para>
/// </remarks>
internal sealed partial class ConnectionPool : IAsyncDisposable, IPermitWaiter
{
    private readonly QuickLock _lock = new();
    private readonly string _instance;
    private readonly IConnectionSource _source;
    private readonly PoolOptions _options;
    private readonly PoolPermits _permits;
    private readonly ConnectionBudget _budget;
    private readonly TimeProvider _time;
    private readonly LeakWatch _leakWatch;
    private readonly int _min;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by the lock, as all that follows here and in the other parts.
    private IdleQueue _idle;
    private WaiterQueue _waiters;
    private bool _closed;
    private long _spareRents;
    private long _timeouts;
    private long _cancellations;
    private long _doubleReturns;

    /// <param name="instance">The instance's name.</param>
    /// <param name="source">Opens, checks and closes.</param>
    /// <param name="options">How many, and for how long.</param>
    /// <param name="permits">Those of the instance.</param>
    /// <param name="time">The clock.</param>
    /// <param name="leakWatch">Hears of connections that are not given back; null when nobody does.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ConnectionPool(
        string instance, IConnectionSource source, PoolOptions options, PoolPermits permits, TimeProvider time, LeakWatch? leakWatch = null)
    {
        if (options.Validate("pool") is [var error, ..])
        {
            throw new ArgumentOutOfRangeException(nameof(options), error.Detail);
        }

        _instance = instance;
        _source = source;
        _options = options;
        _permits = permits;
        _budget = permits.Budget;
        _time = time;
        _leakWatch = leakWatch ?? new();
        _hasCoarseClock = time == TimeProvider.System;
        _nowTicks = _hasCoarseClock ? Environment.TickCount64 : 0;
        _idle = new(options.Size);
        _min = options.Min ?? options.Size;
        _pace = new(options.Size, permits.LastOpeningFailed);
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

        using (_lock.Enter())
        {
            Arm_NeedsLock(NextTick_NeedsLock());
        }

        permits.Budget.Join(this);
    }

    /// <summary>The longest a caller waits.</summary>
    internal TimeSpan AcquireTimeout => _options.AcquireTimeout;

    /// <inheritdoc cref="RentAsync(object?, CancellationToken)" />
    public ValueTask<Rental?> RentAsync(CancellationToken cancellationToken) => RentAsync(null, cancellationToken);

    /// <summary>Waits for a connection, in strict order; null when the pool is closed.</summary>
    /// <remarks>The result is to be awaited exactly once.</remarks>
    /// <param name="borrower">Who it is for, should it not come back: an action's id, or a <see cref="System.Diagnostics.StackTrace"/>.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <exception cref="PoolExhaustedException">None came within the acquire timeout.</exception>
    /// <exception cref="ConnectorFailedException">Openings fail, and there is no connection that might come free.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Rental?> RentAsync(object? borrower, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Rental?>(cancellationToken);
        }

        if (!_lock.TryEnter())
        {
            return QueueAsync(borrower, _lock.EnterAfterPause(), cancellationToken);
        }

        if (FreshIdle_NeedsLock is not { } entry)
        {
            return QueueAsync(borrower, _lock.Entered, cancellationToken);
        }

        TakeFirstIdle_NeedsLock();
        var rental = entry.BeginRent_NeedsLock(_now, borrower);
        _lock.Exit();
        return new ValueTask<Rental?>(rental);
    }

    /// <summary>
    /// Takes an idle connection for a check in the background: only one that callers will not miss. Null when a caller waits, or when
    /// it is the last idle one and no other could be opened in its place.
    /// </summary>
    /// <remarks>
    /// It is no use by a caller: it leaves the connection's usages and last use as they are, and does not count as demand when idle
    /// connections are pruned. Given back, it is the last in the order of use and counts as checked just now.
    /// </remarks>
    public Rental? TryRentSpare()
    {
        using (_lock.Enter())
        {
            if (_closed || _waiters.Count > 0 || _idle.First is not { } entry)
            {
                return null;
            }

            ReadClock_NeedsLock();
            if (_idle.Count < 2 && !(MayOpen_NeedsLock && _pace.FailuresInARow == 0 && _permits.HasRoom))
            {
                return null;
            }

            _idle.RemoveFirst();
            _spareRents++;
            return entry.BeginSpareRent_NeedsLock(_now);
        }
    }

    /// <summary>
    /// Ends a rent; the connection goes straight to the caller who has waited longest: of this pool, or of one that has to have room
    /// made. A second return only counts.
    /// </summary>
    public void Return(Rental rental)
    {
        if (!_lock.TryEnter())
        {
            Settle(rental, _lock.EnterAfterPause());
        }
        else if (TryReturnIdle_NeedsLock(rental))
        {
            _lock.Exit();
        }
        else
        {
            Settle(rental, _lock.Entered);
        }
    }

    /// <summary>Ends a rent of a connection that is broken or may be: it is closed, and frees its permit once that has ended.</summary>
    public void Drop(Rental rental)
    {
        var after = default(Aftermath);
        using (_lock.Enter())
        {
            if (TryEndRent_NeedsLock(rental))
            {
                StartClose_NeedsLock(rental.Entry);
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
    }

    /// <summary>Where nobody waits, the idle connection that is next; null when it has to be checked, or there is none: no closed pool has one.</summary>
    private PooledConnection? FreshIdle_NeedsLock =>
        _waiters.Count == 0 && _idle.First is { } entry && entry.FreshAt >= _freshFrom ? entry : null;

    // Never inlined: what is left of a return is so short that this would only be in its way.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Settle(Rental rental, QuickLock.Scope entered)
    {
        var after = default(Aftermath);
        using (entered)
        {
            if (!TryEndRent_NeedsLock(rental))
            {
                return;
            }

            Reclaim_NeedsLock(rental.Entry);

            // The permit that was awaited was wanted for a caller who may just have been served.
            if (!Settle_NeedsLock(rental.Entry, ref after) || _awaitsPermit)
            {
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
    }

    /// <summary>Ends a rent where that is all there is to do: nobody waits, here or elsewhere, and the connection may go on.</summary>
    private bool TryReturnIdle_NeedsLock(Rental rental)
    {
        var entry = rental.Entry;
        if (_waiters.Count > 0 || _closed || _awaitsPermit || entry.Owner != this || entry.ExpiresAt <= _now
            || _budget.UnmetPlace != long.MaxValue || !entry.TryEndRent_NeedsLock(rental.Version, _now))
        {
            return false;
        }

        _idle.Add(entry);
        return true;
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

        return true;
    }

    private void TakeFirstIdle_NeedsLock()
    {
        _idle.RemoveFirst();
        _window.Observe(_idle.Count);
    }

    /// <summary>A usable connection that nobody has: to the first caller in the queue, else to the idle ones, as the last to be used.</summary>
    /// <returns>False when it is closed instead: it is too old, or it makes room for the older caller of another pool.</returns>
    private bool Settle_NeedsLock(PooledConnection entry, ref Aftermath after)
    {
        var waiter = _waiters.First;
        if (_closed || entry.ExpiresAt <= _now)
        {
            StartClose_NeedsLock(entry);
            return false;
        }

        if (TryGiveWay_NeedsLock(waiter?.Place ?? long.MaxValue, Usable_NeedsLock))
        {
            QueueClose_NeedsLock(entry);
            return false;
        }

        if (waiter is not null)
        {
            waiter.Serve_NeedsLock(entry.BeginRent_NeedsLock(_now, waiter.Borrower));
            Decided_NeedsLock(waiter, ref after);
        }
        else
        {
            _idle.Add(entry);
        }

        return true;
    }
}
