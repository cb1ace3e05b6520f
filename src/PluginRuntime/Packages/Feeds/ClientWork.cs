namespace PluginRuntime.Packages.Feeds;

/// <summary>Waits for work of the NuGet client, which sees a cancelled token late or never.</summary>
internal static class ClientWork
{
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);

    /// <summary>Waits until it has ended, or a token wants no more of it.</summary>
    /// <param name="work">Was given a token of its own.</param>
    /// <param name="timeProvider">Measures the five seconds.</param>
    /// <param name="limit">Ends the wait at once.</param>
    /// <param name="stop">Ends the wait when the work has ended, or has not for five seconds: whoever stops wants nobody to write into the cache any more.</param>
    public static async Task<T> EndAsync<T>(this Task<T> work, TimeProvider timeProvider, CancellationToken limit, CancellationToken stop)
    {
        try
        {
            return await work.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await ((Task)work).WaitAsync(_grace, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
