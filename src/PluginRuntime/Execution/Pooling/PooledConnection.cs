namespace PluginRuntime.Execution.Pooling;

/// <summary>A connection and what its pool knows of it. All but what is set at first changes under the pool's lock.</summary>
internal sealed class PooledConnection(ConnectionPool owner, object connection, TimeSpan createdAt, TimeSpan expiresAt)
{
    /// <summary>Counts beginnings and ends of rents: odd while somebody has it. So a late return of an earlier rent is told from that of this one.</summary>
    private uint _version;

    private bool _isSpareRent;
    private bool _isReported;

    public ConnectionPool Owner => owner;

    public object Connection => connection;

    /// <summary>On the pool's clock, as the other times.</summary>
    public TimeSpan CreatedAt { get; } = createdAt;

    public TimeSpan ExpiresAt => expiresAt;

    public TimeSpan LastUsedAt { get; private set; } = createdAt;

    /// <summary>When it was last known to work, by use or by a check.</summary>
    public TimeSpan FreshAt { get; private set; } = createdAt;

    public bool InUse => (_version & 1) != 0;

    public long Usages { get; private set; }

    /// <summary>Who has it: an action's id, a stack trace, or nothing known. Null when nobody has.</summary>
    public object? Borrower { get; private set; }

    public TimeSpan RentedAt { get; private set; }

    public Rental BeginRent_NeedsLock(TimeSpan now, object? borrower)
    {
        LastUsedAt = now;
        Usages++;
        return Begin_NeedsLock(now, borrower, isSpare: false);
    }

    /// <summary>For a check: no use by a caller.</summary>
    public Rental BeginSpareRent_NeedsLock(TimeSpan now) => Begin_NeedsLock(now, "health check", isSpare: true);

    /// <summary>Whether this rent lasts still.</summary>
    public bool IsRent_NeedsLock(uint version) => _version == version;

    /// <summary>False when this rent has ended before.</summary>
    public bool TryEndRent_NeedsLock(uint version, TimeSpan now)
    {
        if (_version != version)
        {
            return false;
        }

        _version++;
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
        RentedAt = now;
        Borrower = borrower;
        _isSpareRent = isSpare;
        _isReported = false;
        return new Rental(this, ++_version);
    }
}
