namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>A connection that tells when it is closed.</summary>
/// <param name="connector">Whose it is.</param>
/// <param name="number">Which of the connector's.</param>
/// <param name="isLate">Whether its opening was cancelled by then: if it was given up as well, nobody counts on what it gives.</param>
internal sealed class ModelConnection(ModelConnector connector, int number, bool isLate) : IDisposable
{
    private int _isCounted;

    /// <summary>Whether it counts among the connections that the pool has: a late one only once it is used.</summary>
    internal bool IsCounted => Volatile.Read(ref _isCounted) != 0;

    /// <returns>Whether it did not count before.</returns>
    internal bool TryCount(bool isUse) => (isUse || !isLate) && Interlocked.Exchange(ref _isCounted, 1) == 0;

    public void Dispose() => connector.Closed(this);

    public override string ToString() => $"{connector.Number}.{number}";
}
