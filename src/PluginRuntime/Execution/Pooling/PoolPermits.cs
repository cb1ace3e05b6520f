namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// The right to hold a connection, shared by the pools of an instance's generations: together they stay within its size, and all
/// instances within the host's budget.
/// </summary>
/// <remarks>
/// A reservation for a swap raises the limit of the instance, never the host's: where that has no room, the next generation gets a
/// connection in its turn, and the rest of its minimum as permits come free.
/// Lock order: a pool may call any member but <see cref="Release"/>, <see cref="Reserve"/> and <see cref="Resize"/> under its own lock;
/// those three call pools, and so need all locks free.
/// </remarks>
/// <param name="size">How many connections the instance may have.</param>
/// <param name="budget">Those of all instances; null for none but this instance's own size.</param>
internal sealed class PoolPermits(int size, ConnectionBudget? budget = null)
{
    // Guarded by the budget's lock, as what it counts changes together with them.
    private int _size_NeedsLock = size;
    private int _reserved_NeedsLock;

    /// <summary>Set by the pools: whether what an opening of the instance did last was to fail.</summary>
    private volatile bool _lastOpeningFailed;

    public ConnectionBudget Budget { get; } = budget ?? new(limit: 0);

    /// <summary>How many permits are taken.</summary>
    public int Held => Budget.With(this, static permits => permits.Held_NeedsLock);

    /// <summary>How many may be taken now: the size and what is reserved on top.</summary>
    public int Limit => Budget.With(this, static permits => permits.Limit_NeedsLock);

    /// <summary>Whether an opening failed and none has succeeded since, by any pool of the instance: the next one begins carefully.</summary>
    public bool LastOpeningFailed
    {
        get => _lastOpeningFailed;
        set => _lastOpeningFailed = value;
    }

    /// <summary>Whether a permit could be taken at this moment.</summary>
    public bool HasRoom => Budget.HasRoom(this);

    /// <summary>For the budget.</summary>
    internal int Held_NeedsLock { get; set; }

    /// <summary>For the budget.</summary>
    internal bool HasRoom_NeedsLock => Held_NeedsLock < Limit_NeedsLock;

    private int Limit_NeedsLock => _size_NeedsLock + _reserved_NeedsLock;

    /// <summary>Takes a permit if one is free and no pool waits for it.</summary>
    public bool TryTake() => Budget.TryTake(this);

    /// <summary>Takes a permit, or else enters the pool as waiting; then <see cref="IPermitWaiter.PermitGranted"/> follows.</summary>
    /// <param name="pool">Must not be waiting already.</param>
    /// <param name="place">The place of the caller the permit is for.</param>
    /// <param name="isEmpty">Whether the pool has no connection at all, so that others give way below their minimum.</param>
    public bool TryTakeOrWait(IPermitWaiter pool, long place, bool isEmpty) => Budget.TryTakeOrWait(this, pool, place, isEmpty);

    /// <summary>The permit that a pool waits for is now for another caller. Does nothing when the grant is under way.</summary>
    public void Renew(IPermitWaiter pool, long place, bool isEmpty) => Budget.Renew(this, pool, place, isEmpty);

    /// <summary>Ends a wait. False when the grant is already under way: it still arrives.</summary>
    public bool Forget(IPermitWaiter pool) => Budget.Forget(pool);

    /// <summary>Gives one permit back.</summary>
    /// <param name="hadLeft">Whether it is that of a connection which counted as leaving.</param>
    public void Release(bool hadLeft) => Budget.Release(this, hadLeft);

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
        Budget.With(this, permits => permits._size_NeedsLock = size);
        Budget.Granting();
    }

    private void ChangeReserve(int by)
    {
        Budget.With(this, permits => permits._reserved_NeedsLock += by);
        Budget.Granting();
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
