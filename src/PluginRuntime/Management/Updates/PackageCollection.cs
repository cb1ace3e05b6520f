using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// Lets go of packages: at start, every hour, and when an instance may have let go of one, it tells the other hosts of the store what this one
/// needs, and removes what no host has needed for a while.
/// </summary>
/// <param name="keepUnused">How long that is; null removes nothing.</param>
/// <param name="store">The store, joined by this host.</param>
/// <param name="expected">What instances do not need now, but may well.</param>
/// <param name="removed">Called when something was removed.</param>
/// <param name="events">The trail.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Told what was removed.</param>
internal sealed class PackageCollection(
    TimeSpan? keepUnused, PackageStore store, Func<IReadOnlyList<PackageIdentity>> expected, Action removed, EventTrail events, TimeProvider timeProvider, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromHours(1);

    private readonly WakeableWait _wait = new(timeProvider);
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    internal void Start() => _loop = Task.Run(() => LoopAsync(_stopping.Token));

    /// <summary>An instance may need less than before.</summary>
    internal void Wake() => _wait.Wake();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await PassAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // What stays too long hurts nobody; the next pass tries again.
                logger.NotCollected(exception.Message);
            }

            await _wait.WaitAsync(_interval, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        var collected = await store.CollectAsync(keepUnused, expected(), cancellationToken).ConfigureAwait(false);
        foreach (var (package, since) in collected)
        {
            logger.Collected(package, since);
            events.Collected(package, since);
        }

        if (collected.Count > 0)
        {
            removed();
        }
    }
}
