namespace PluginRuntime.Execution.Pooling;

/// <summary>A connection and what its pool knows of it. All but the first three members change under the pool's lock.</summary>
internal sealed class PooledConnection
{
    public PooledConnection(ConnectionPool owner, object connection, TimeSpan createdAt, TimeSpan expiresAt)
    {
        Owner = owner;
        Connection = connection;
        CreatedAt = LastUsedAt = FreshAt = createdAt;
        ExpiresAt = expiresAt;
        IdleNode = new(this);
    }

    public ConnectionPool Owner { get; }

    public object Connection { get; }

    /// <summary>Its place in the list of idle connections, made once so that returning it allocates nothing.</summary>
    public LinkedListNode<PooledConnection> IdleNode { get; }

    /// <summary>On the pool's clock, as the other times.</summary>
    public TimeSpan CreatedAt { get; }

    public TimeSpan ExpiresAt { get; }

    public TimeSpan LastUsedAt { get; private set; }

    /// <summary>When it was last known to work, by use or by a check.</summary>
    public TimeSpan FreshAt { get; private set; }

    public bool InUse { get; private set; }

    public long Usages { get; private set; }

    /// <summary>Who has it: an action's id, a stack trace, or nothing known. Null when nobody has.</summary>
    public object? Borrower { get; private set; }

    public TimeSpan RentedAt { get; private set; }

    /// <summary>Counts the rents, so that a late return of an earlier rent is told from the return of this one.</summary>
    private uint _version;

    private bool _isSpareRent;
    private bool _isReported;

    public Rental BeginRent_NeedsLock(TimeSpan now, object? borrower)
    {
        LastUsedAt = now;
        Usages++;
        return Begin_NeedsLock(now, borrower, isSpare: false);
    }

    /// <summary>For a check: no use by a caller.</summary>
    public Rental BeginSpareRent_NeedsLock(TimeSpan now) => Begin_NeedsLock(now, "health check", isSpare: true);

    /// <summary>False when this rent has ended before.</summary>
    public bool TryEndRent_NeedsLock(uint version, TimeSpan now)
    {
        if (!InUse || _version != version)
        {
            return false;
        }

        InUse = false;
        Borrower = null;
        FreshAt = now;
        if (!_isSpareRent)
        {
            LastUsedAt = now;
        }

        return true;
    }

    public void Checked_NeedsLock(TimeSpan now) => FreshAt = now;

    /// <summary>True once a rent.</summary>
    public bool TryReport_NeedsLock() => !_isReported && (_isReported = true);

    private Rental Begin_NeedsLock(TimeSpan now, object? borrower, bool isSpare)
    {
        InUse = true;
        RentedAt = now;
        Borrower = borrower;
        _isSpareRent = isSpare;
        _isReported = false;
        return new Rental(this, ++_version);
    }
}
