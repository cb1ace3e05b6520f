namespace PluginRuntime.Execution.Pooling;

/// <summary>A connection and what its pool knows of it. All but what is set at first changes under the pool's lock.</summary>
internal sealed class PooledConnection(ConnectionPool owner, object connection, TimeSpan createdAt, TimeSpan expiresAt)
{
    /// <summary>Counts beginnings and ends of rents: odd while somebody has it. So a late return of an earlier rent is told from that of this one.</summary>
    private uint _version;

    private Marks _marks;
    private object? _borrower;
    private TimeSpan _spareRentedAt;
    private TimeSpan _checkedAt;

    public ConnectionPool Owner => owner;

    public object Connection => connection;

    /// <summary>On the pool's clock, as the other times.</summary>
    public TimeSpan CreatedAt { get; } = createdAt;

    public TimeSpan ExpiresAt => expiresAt;

    public TimeSpan LastUsedAt { get; private set; } = createdAt;

    /// <summary>When it was last known to work, by use or by a check.</summary>
    public TimeSpan FreshAt => LastUsedAt > _checkedAt ? LastUsedAt : _checkedAt;

    /// <summary>The waiters of callers who had this connection. Whoever has it adds to them; the pool takes them when it comes back.</summary>
    public Waiter? FinishedWaiters { get; set; }

    public bool InUse => (_version & 1) != 0;

    public long Usages { get; private set; }

    /// <summary>Who has it: an action's id, a stack trace, or nothing known. Null when nobody has.</summary>
    public object? Borrower => InUse ? _borrower : null;

    public TimeSpan RentedAt => IsSpareRent ? _spareRentedAt : LastUsedAt;

    private bool IsSpareRent => (_marks & Marks.SpareRent) != 0;

    public Rental BeginRent_NeedsLock(TimeSpan now, object? borrower)
    {
        LastUsedAt = now;
        Usages++;
        return Begin_NeedsLock(borrower, Marks.None);
    }

    /// <summary>For a check: no use by a caller.</summary>
    public Rental BeginSpareRent_NeedsLock(TimeSpan now)
    {
        _spareRentedAt = now;
        return Begin_NeedsLock("health check", Marks.SpareRent);
    }

    /// <summary>False when this rent has ended before.</summary>
    public bool TryEndRent_NeedsLock(uint version, TimeSpan now)
    {
        if (_version != version)
        {
            return false;
        }

        _version++;
        if (_borrower is not string)
        {
            // A stack trace keeps what it names. A text may stay: the next borrower has often the same.
            _borrower = null;
        }

        if (IsSpareRent)
        {
            _checkedAt = now;
        }
        else
        {
            LastUsedAt = now;
        }

        return true;
    }

    public void Checked_NeedsLock(TimeSpan now) => _checkedAt = now;

    /// <summary>True once a rent.</summary>
    public bool TryReport_NeedsLock()
    {
        var isFirst = (_marks & Marks.Reported) == 0;
        _marks |= Marks.Reported;
        return isFirst;
    }

    private Rental Begin_NeedsLock(object? borrower, Marks marks)
    {
        // What is so already is not written: each write costs the next atomic operation, which waits for it.
        if (_borrower != borrower)
        {
            _borrower = borrower;
        }

        if (_marks != marks)
        {
            _marks = marks;
        }

        return new Rental(this, ++_version);
    }

    [Flags]
    private enum Marks : byte
    {
        None = 0,
        SpareRent = 1,
        Reported = 2,
    }
}
