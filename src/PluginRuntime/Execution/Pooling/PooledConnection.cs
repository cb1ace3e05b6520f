namespace PluginRuntime.Execution.Pooling;

/// <summary>A connection and what its pool knows of it. All but the first three members change under the pool's lock.</summary>
internal sealed class PooledConnection
{
    public PooledConnection(ConnectionPool owner, object connection, TimeSpan createdAt, TimeSpan expiresAt)
    {
        Owner = owner;
        Connection = connection;
        CreatedAt = LastUsedAt = createdAt;
        ExpiresAt = expiresAt;
        IdleNode = new(this);
    }

    public ConnectionPool Owner { get; }

    public object Connection { get; }

    /// <summary>Its place in the list of idle connections, made once so that returning it allocates nothing.</summary>
    public LinkedListNode<PooledConnection> IdleNode { get; }

    /// <summary>On the pool's clock, as the two below.</summary>
    public TimeSpan CreatedAt { get; }

    public TimeSpan ExpiresAt { get; }

    public TimeSpan LastUsedAt { get; private set; }

    public bool InUse { get; private set; }

    public long Usages { get; private set; }

    /// <summary>Counts the rents, so that a late return of an earlier rent is told from the return of this one.</summary>
    private uint _version;

    public Rental BeginRent_NeedsLock(TimeSpan now)
    {
        InUse = true;
        LastUsedAt = now;
        Usages++;
        return new Rental(this, ++_version);
    }

    /// <summary>False when this rent has ended before.</summary>
    public bool TryEndRent_NeedsLock(uint version, TimeSpan now)
    {
        if (!InUse || _version != version)
        {
            return false;
        }

        InUse = false;
        LastUsedAt = now;
        return true;
    }
}
