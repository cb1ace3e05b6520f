namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// The most connections of all instances together, and the one queue of the pools that wait for a permit: the oldest caller first,
/// whichever instance it belongs to.
/// </summary>
/// <remarks>
/// <para>A permit takes two rooms: one among those of the instance (<see cref="PoolPermits"/>) and one here. Both are counted under this
/// one lock, so that no permit is ever half taken. A wait counts while its instance has room; one whose instance is full holds up
/// nobody else.</para>
/// <para>Where such waits outnumber the free permits and those that closing connections bring back, they are unmet, and pools give way:
/// with connections above their minimum, and for a pool that has none at all with any. Nothing is taken from a caller: what is idle
/// is closed at once (<see cref="MakeRoom"/>), what comes back when it comes back (<see cref="TryLeave"/>). So two full instances
/// cannot lock each other out, and one without a minimum gets its turn.</para>
/// <para>Lock order: a pool's lock, then this one. <see cref="Release"/>, <see cref="Granting"/> and <see cref="MakeRoom"/> call pools,
/// and so need all locks free.</para>
/// </remarks>
internal sealed class ConnectionBudget
{
    /// <summary>The most that may be configured.</summary>
    public const int MaxLimit = 1_000_000;

    private readonly Lock _lock = new();
    private readonly int _limit;

    // Sorted by place. At most one entry a pool, and few wait at a time: a scan beats any heap.
    private readonly List<Wait> _waits_NeedsLock = [];
    private readonly List<IPermitWaiter> _pools_NeedsLock = [];
    private int _held_NeedsLock;
    private int _leaving_NeedsLock;
    private long _lastPlace;
    private long _unmetPlace = long.MaxValue;
    private long _emptyPlace = long.MaxValue;

    /// <param name="limit">0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or above <see cref="MaxLimit"/>.</exception>
    public ConnectionBudget(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        _limit = limit == 0 ? int.MaxValue : limit;
    }

    /// <summary>The most permits at a time; null for no limit.</summary>
    public int? Limit => _limit == int.MaxValue ? null : _limit;

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

    /// <summary>How many of those taken belong to connections that are closing.</summary>
    public int Leaving
    {
        get
        {
            lock (_lock)
            {
                return _leaving_NeedsLock;
            }
        }
    }

    /// <summary>
    /// The place of the oldest caller for whom pools have to give way; <see cref="long.MaxValue"/> for nobody. A cheap look before
    /// <see cref="TryLeave"/>, which decides.
    /// </summary>
    public long UnmetPlace => Volatile.Read(ref _unmetPlace);

    /// <summary>The same for those whose pool has no connection at all, for whom others go below their minimum.</summary>
    public long EmptyPlace => Volatile.Read(ref _emptyPlace);

    /// <summary>
    /// A caller's place in the queue across all instances; lower is older. Callers of one pool between whom nobody came to another have the
    /// same: their pool's own queue knows their order, and the number that all pools share is not written for each of them.
    /// </summary>
    /// <remarks>
    /// Whoever takes a number for another pool between the look and its use came at the same moment, and neither was first. No number is ever
    /// that of two pools: it is taken by one, and kept only by that.
    /// </remarks>
    /// <param name="last">The place of the pool's last caller; 0 for none.</param>
    public long NextPlace(long last) =>
        last != 0 && Volatile.Read(ref _lastPlace) == last ? last : Interlocked.Increment(ref _lastPlace);

    /// <summary>From now on the pool is asked to give way.</summary>
    public void Join(IPermitWaiter pool)
    {
        lock (_lock)
        {
            _pools_NeedsLock.Add(pool);
        }
    }

    public void Quit(IPermitWaiter pool)
    {
        lock (_lock)
        {
            _pools_NeedsLock.Remove(pool);
        }
    }

    public bool TryTake(PoolPermits permits)
    {
        lock (_lock)
        {
            return TryTake_NeedsLock(permits);
        }
    }

    public bool HasRoom(PoolPermits permits)
    {
        lock (_lock)
        {
            return HasRoom_NeedsLock(permits);
        }
    }

    public bool TryTakeOrWait(PoolPermits permits, IPermitWaiter pool, long place, bool isEmpty)
    {
        lock (_lock)
        {
            if (TryTake_NeedsLock(permits))
            {
                return true;
            }

            Insert_NeedsLock(new(pool, permits, place, isEmpty));
            return false;
        }
    }

    public void Renew(PoolPermits permits, IPermitWaiter pool, long place, bool isEmpty)
    {
        lock (_lock)
        {
            if (Remove_NeedsLock(pool))
            {
                Insert_NeedsLock(new(pool, permits, place, isEmpty));
            }
        }
    }

    public bool Forget(IPermitWaiter pool)
    {
        lock (_lock)
        {
            var isForgotten = Remove_NeedsLock(pool);
            CountUnmet_NeedsLock();
            return isForgotten;
        }
    }

    /// <summary>A connection begins to close: its permit is on its way back.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _leaving_NeedsLock++;
            CountUnmet_NeedsLock();
        }
    }

    /// <summary>Whether a connection that nobody has is to be closed for a caller of another pool. Then it counts as leaving.</summary>
    /// <param name="nextPlace">The place of the caller who would get it otherwise; <see cref="long.MaxValue"/> for nobody.</param>
    /// <param name="isSurplus">Whether its pool keeps its minimum without it.</param>
    public bool TryLeave(long nextPlace, bool isSurplus)
    {
        lock (_lock)
        {
            if ((isSurplus ? _unmetPlace : _emptyPlace) >= nextPlace)
            {
                return false;
            }

            _leaving_NeedsLock++;
            CountUnmet_NeedsLock();
            return true;
        }
    }

    public void Release(PoolPermits permits, bool hadLeft)
    {
        lock (_lock)
        {
            _held_NeedsLock--;
            permits.Held_NeedsLock--;
            _leaving_NeedsLock -= hadLeft ? 1 : 0;
        }

        Granting();
    }

    /// <summary>Reads or changes what the lock guards in <paramref name="permits"/>.</summary>
    public T With<T>(PoolPermits permits, Func<PoolPermits, T> body)
    {
        lock (_lock)
        {
            return body(permits);
        }
    }

    /// <summary>Gives out what is free, to the oldest first, and asks pools to give way for the rest.</summary>
    public void Granting()
    {
        // One at a time: the pool that got one may wait for the next, with a caller who is older than those of other pools.
        // Whoever adds a wait while permits are free meets a thread in this loop, and the loop looks again before it ends.
        while (TakeForOldest() is { } pool)
        {
            pool.PermitGranted();
        }

        MakeRoom();
    }

    /// <summary>
    /// Has pools close idle connections for those whose wait is unmet: above their minimum first, then those that leave their pool
    /// another one; among these the least recently used.
    /// </summary>
    public void MakeRoom()
    {
        while (UnmetPlace != long.MaxValue)
        {
            IPermitWaiter? best = null;
            var bestSpare = default(IdleSpare);
            var anyRank = EmptyPlace != long.MaxValue;
            foreach (var pool in Pools())
            {
                if (pool.FindSpare() is { } spare && (spare.Rank == SpareRank.Surplus || anyRank)
                    && (best is null || spare.CompareTo(bestSpare) < 0))
                {
                    (best, bestSpare) = (pool, spare);
                }
            }

            if (best is null)
            {
                // Whoever gives a connection back, or gets one opened, looks by itself.
                return;
            }

            // It may meet a caller who took the connection meanwhile, or another thread in this loop: then look again.
            best.CloseSpare();
        }
    }

    private IPermitWaiter[] Pools()
    {
        lock (_lock)
        {
            return [.. _pools_NeedsLock];
        }
    }

    private bool HasRoom_NeedsLock(PoolPermits permits) =>
        // Free permits and a wait for them meet only while a thread is in Granting: such a permit is spoken for.
        _held_NeedsLock < _limit && permits.HasRoom_NeedsLock && !_waits_NeedsLock.Exists(static wait => wait.Permits.HasRoom_NeedsLock);

    private bool TryTake_NeedsLock(PoolPermits permits)
    {
        if (!HasRoom_NeedsLock(permits))
        {
            return false;
        }

        Take_NeedsLock(permits);
        return true;
    }

    private void Take_NeedsLock(PoolPermits permits)
    {
        _held_NeedsLock++;
        permits.Held_NeedsLock++;
    }

    private void Insert_NeedsLock(Wait wait)
    {
        var index = _waits_NeedsLock.Count;
        while (index > 0 && _waits_NeedsLock[index - 1].Place > wait.Place)
        {
            index--;
        }

        _waits_NeedsLock.Insert(index, wait);
        CountUnmet_NeedsLock();
    }

    // Busy pools come here with each return, so no closures.
    private bool Remove_NeedsLock(IPermitWaiter pool)
    {
        for (var i = 0; i < _waits_NeedsLock.Count; i++)
        {
            if (ReferenceEquals(_waits_NeedsLock[i].Pool, pool))
            {
                _waits_NeedsLock.RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    private IPermitWaiter? TakeForOldest()
    {
        lock (_lock)
        {
            var index = _held_NeedsLock < _limit ? _waits_NeedsLock.FindIndex(static wait => wait.Permits.HasRoom_NeedsLock) : -1;
            if (index < 0)
            {
                CountUnmet_NeedsLock();
                return null;
            }

            var oldest = _waits_NeedsLock[index];
            _waits_NeedsLock.RemoveAt(index);
            Take_NeedsLock(oldest.Permits);
            CountUnmet_NeedsLock();
            return oldest.Pool;
        }
    }

    private void CountUnmet_NeedsLock()
    {
        var (unmet, empty) = (long.MaxValue, long.MaxValue);
        var met = _limit - _held_NeedsLock + _leaving_NeedsLock;
        foreach (var wait in _waits_NeedsLock)
        {
            if (!wait.Permits.HasRoom_NeedsLock || met-- > 0)
            {
                continue;
            }

            unmet = Math.Min(unmet, wait.Place);
            if (wait.IsEmpty)
            {
                empty = wait.Place;
                break;
            }
        }

        Volatile.Write(ref _unmetPlace, unmet);
        Volatile.Write(ref _emptyPlace, empty);
    }

    /// <param name="Pool">Who waits.</param>
    /// <param name="Permits">Those of its instance.</param>
    /// <param name="Place">The place of the caller the permit is for.</param>
    /// <param name="IsEmpty">Whether the pool has no connection at all.</param>
    private readonly record struct Wait(IPermitWaiter Pool, PoolPermits Permits, long Place, bool IsEmpty);
}
