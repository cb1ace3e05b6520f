namespace PluginRuntime;

/// <summary>A connection lent to the caller. Dispose it to give it back.</summary>
/// <typeparam name="T">The client's type.</typeparam>
public sealed class ConnectionLease<T> : IDisposable
    where T : class
{
    private Action<bool>? _giveBack;

    internal ConnectionLease(T client, Action<bool> giveBack)
    {
        Client = client;
        _giveBack = giveBack;
    }

    /// <summary>The client. Not to be used after the lease was disposed.</summary>
    public T Client { get; }

    /// <summary>Says that the client is in an unknown state: it is closed instead of being used again.</summary>
    public void Discard() => Interlocked.Exchange(ref _giveBack, null)?.Invoke(false);

    /// <summary>Gives the client back. A second time does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke(true);
}
