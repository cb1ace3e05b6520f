namespace PluginRuntime.Diagnostics;

/// <summary>
/// The token that foreign code gets. What foreign code hangs on it may block or throw; so it is cancelled after ours and on a thread of
/// its own, and whoever cancels, and whoever waits for the foreign code, is not held up.
/// </summary>
internal readonly struct ForeignCancellation : IDisposable
{
    private readonly CancellationTokenRegistration _registration;

    /// <param name="ours">Followed until this is disposed.</param>
    internal ForeignCancellation(CancellationToken ours)
    {
        if (!ours.CanBeCanceled)
        {
            return;
        }

        // Not disposed: foreign code may keep its token and register with it when the call has ended.
        var source = new CancellationTokenSource();
        Token = source.Token;
        _registration = ours.UnsafeRegister(static state => ForeignCall.Observe(((CancellationTokenSource)state!).CancelAsync()), source);
    }

    internal CancellationToken Token { get; }

    public void Dispose() => _registration.Dispose();
}
