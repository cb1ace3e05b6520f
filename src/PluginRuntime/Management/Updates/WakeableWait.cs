namespace PluginRuntime.Management;

/// <summary>Waits for a time to pass, or for somebody to end the wait before. One waits at a time.</summary>
internal sealed class WakeableWait(TimeProvider timeProvider)
{
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Ends the wait, or the next one.</summary>
    internal void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // The next wait ends at once as it is.
        }
    }

    /// <returns>False when the time is over.</returns>
    internal async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(time, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _wake.WaitAsync(linked.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
