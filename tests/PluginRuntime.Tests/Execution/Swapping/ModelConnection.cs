namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>A connection that tells when it is closed.</summary>
/// <param name="connector">Whose it is.</param>
/// <param name="number">Which of the connector's.</param>
/// <param name="opening">The token of its opening.</param>
internal sealed class ModelConnection(ModelConnector connector, int number, CancellationToken opening) : IDisposable
{
    private volatile bool _isUsed;

    /// <summary>Whether its opening may have been given up, so that nobody counts on it.</summary>
    internal bool MayBeGivenUp => !_isUsed && opening.IsCancellationRequested;

    internal void Use() => _isUsed = true;

    public void Dispose() => connector.Closed(this);

    public override string ToString() => $"{connector.Number}.{number}";
}
