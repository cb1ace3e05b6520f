namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// The right to hold a connection, shared by the pools of an instance's generations, so that together they stay within its size.
/// </summary>
/// <remarks>
/// A permit that comes free goes straight to the pool whose caller has waited longest; nobody overtakes a pool that waits.
/// Lock order: a pool may call any member but <see cref="Release"/>, <see cref="Reserve"/> and <see cref="Resize"/> under its own lock;
/// those three call pools, and so need all locks free.
/// </remarks>
internal sealed class PoolPermits(int size)
{
    private readonly Lock _lock = new();

    // At most one entry a pool, and an instance has two or three pools: a scan beats any heap.
    private readonly List<(IPermitWaiter Pool, long Place)> _waiting_NeedsLock = [];
    private int _size_NeedsLock = size;
    private int _reserved_NeedsLock;
    private int _held_NeedsLock;
    private long _lastPlace;

    /// <summary>How many permits are taken.</summary>
    public int Held
    {
        get
        {
            lock (_lock)
            {
                return _held_NeedsLock;
            }
        }
    }

    /// <summary>How many may be taken now: the size and what is reserved on top.</summary>
    public int Limit
    {
        get
        {
            lock (_lock)
            {
                return _size_NeedsLock + _reserved_NeedsLock;
            }
        }
    }

    /// <summary>A caller's place in the queue across all pools of the instance; lower is older.</summary>
    public long NextPlace() => Interlocked.Increment(ref _lastPlace);

    /// <summary>Takes a permit if one is free and no pool waits for it.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            return TryTake_NeedsLock();
        }
    }

    /// <summary>Takes a permit, or else enters the pool as waiting; then <see cref="IPermitWaiter.PermitGranted"/> follows.</summary>
    /// <param name="pool">Must not be waiting already.</param>
    /// <param name="place">The place of the caller the permit is for.</param>
    public bool TryTakeOrWait(IPermitWaiter pool, long place)
    {
        lock (_lock)
        {
            if (TryTake_NeedsLock())
            {
                return true;
            }

            _waiting_NeedsLock.Add((pool, place));
            return false;
        }
    }

    /// <summary>The permit that a pool waits for is now for another caller. Does nothing when the grant is under way.</summary>
    public void Renew(IPermitWaiter pool, long place)
    {
        lock (_lock)
        {
            var index = _waiting_NeedsLock.FindIndex(entry => ReferenceEquals(entry.Pool, pool));
            if (index >= 0)
            {
                _waiting_NeedsLock[index] = (pool, place);
            }
        }
    }

    /// <summary>Ends a wait. False when the grant is already under way: it still arrives.</summary>
    public bool Forget(IPermitWaiter pool)
    {
        lock (_lock)
        {
            return _waiting_NeedsLock.RemoveAll(entry => ReferenceEquals(entry.Pool, pool)) > 0;
        }
    }

    /// <summary>Gives one permit back.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _held_NeedsLock--;
        }

        GrantFree();
    }

    /// <summary>Raises the limit until the result is disposed. Then nothing is revoked: new takes wait until enough came back.</summary>
    public IDisposable Reserve(int extra)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(extra);
        ChangeReserve(extra);
        return new Reservation(this, extra);
    }

    /// <summary>Sets the size, for a changed configuration. Nothing is revoked.</summary>
    public void Resize(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        lock (_lock)
        {
            _size_NeedsLock = size;
        }

        GrantFree();
    }

    private bool IsFree_NeedsLock => _held_NeedsLock < _size_NeedsLock + _reserved_NeedsLock;

    private bool TryTake_NeedsLock()
    {
        // Free permits and a waiting pool meet only while a thread is in GrantFree: that permit is spoken for.
        if (!IsFree_NeedsLock || _waiting_NeedsLock.Count > 0)
        {
            return false;
        }

        _held_NeedsLock++;
        return true;
    }

    private void ChangeReserve(int by)
    {
        lock (_lock)
        {
            _reserved_NeedsLock += by;
        }

        GrantFree();
    }

    // One at a time: the pool that got one may wait for the next, with a caller who is older than those of other pools.
    // Whoever adds a waiter while permits are free meets a thread in this loop, and the loop looks again before it ends.
    private void GrantFree()
    {
        while (TakeForOldest() is { } pool)
        {
            pool.PermitGranted();
        }
    }

    private IPermitWaiter? TakeForOldest()
    {
        lock (_lock)
        {
            if (!IsFree_NeedsLock || _waiting_NeedsLock.Count == 0)
            {
                return null;
            }

            var oldest = _waiting_NeedsLock.MinBy(static entry => entry.Place);
            _waiting_NeedsLock.Remove(oldest);
            _held_NeedsLock++;
            return oldest.Pool;
        }
    }

    private sealed class Reservation(PoolPermits permits, int extra) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                permits.ChangeReserve(-extra);
            }
        }
    }
}
