namespace PluginRuntime.Execution;

/// <summary>
/// Who has to close a connection whose opening took longer than anybody waited. The connector, which delivers it, and the host, which gives
/// up, meet here; whoever comes second does it, so that it happens once.
/// </summary>
internal sealed class Opening
{
    private static readonly object _abandoned = new();

    private object? _state;

    /// <returns>False when the host has given up: the connection is to be closed right there.</returns>
    internal bool TryDeliver(object connection) => Interlocked.CompareExchange(ref _state, connection, null) is null;

    /// <returns>The connection, when it was delivered after all: it is to be closed; null otherwise.</returns>
    internal object? Abandon() => Interlocked.CompareExchange(ref _state, _abandoned, null);
}
