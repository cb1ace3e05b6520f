namespace PluginRuntime;

/// <summary>A connection lent to the caller. Dispose it to give it back.</summary>
/// <remarks>
/// One that is lost without being disposed is noticed when the lease is collected: then the client is closed, also if it is still used.
/// </remarks>
/// <typeparam name="T">The client's type.</typeparam>
public sealed class ConnectionLease<T> : IDisposable
    where T : class
{
    private readonly Loan _loan;

    internal ConnectionLease(T client, Action<LeaseEnd> giveBack)
    {
        Client = client;
        _loan = new(giveBack);
    }

    /// <summary>The client. Not to be used after the lease was disposed.</summary>
    public T Client { get; }

    /// <summary>Says that the client is in an unknown state: it is closed instead of being used again.</summary>
    public void Discard() => _loan.End(LeaseEnd.Discarded);

    /// <summary>Gives the client back. A second time does nothing.</summary>
    public void Dispose() => _loan.Dispose();

    /// <summary>What has to end even when nobody can end it any more, so that the pool does not lose a connection for good.</summary>
    private sealed class Loan(Action<LeaseEnd> giveBack) : IDisposable
    {
        private Action<LeaseEnd>? _giveBack = giveBack;

        ~Loan() => End(LeaseEnd.Abandoned);

        public void Dispose()
        {
            GC.SuppressFinalize(this);
            End(LeaseEnd.Returned);
        }

        public void End(LeaseEnd end) => Interlocked.Exchange(ref _giveBack, null)?.Invoke(end);
    }
}
