namespace PluginRuntime.Execution.Pooling;

/// <summary>One rent of a connection. Ended once, by <see cref="ConnectionPool.Return"/> or <see cref="ConnectionPool.Drop"/>.</summary>
internal readonly record struct Rental(PooledConnection Entry, uint Version)
{
    /// <summary>The connection, for the renter alone until the rent ends.</summary>
    public object Connection => Entry.Connection;
}
