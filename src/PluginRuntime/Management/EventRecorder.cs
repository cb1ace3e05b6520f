using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

/// <summary>
/// Brings the trail's events into the store, in batches and in the background, and its numbers over restarts. A store that fails is told of
/// once and tried again; meanwhile the trail itself is the queue, and what it no longer keeps is lost.
/// </summary>
/// <remarks>
/// Each process sets a block of numbers aside when it starts, and gives back what it did not use when it ends in order. So after a kill the
/// numbers jump, and none comes twice.
/// </remarks>
internal sealed class EventRecorder(EventTrail trail, IStateStore state, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    /// <summary>How many numbers a process sets aside: more than it can use up.</summary>
    internal const long Block = 1L << 32;

    private const int BatchSize = 500;
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private bool _isStarted;

    // Both written by the loop, and by the end after it.
    private long _written;
    private bool _isFailing;

    /// <summary>Goes on where the process before ended, and begins to write.</summary>
    /// <returns>The newest change of the state that was told; null where that is not known.</returns>
    /// <exception cref="StateException">The store cannot be read, or takes no reservation: numbers could come twice.</exception>
    internal async Task<long?> StartAsync(CancellationToken cancellationToken)
    {
        var stored = await state.LoadEventsAsync(EventTrail.Kept, cancellationToken).ConfigureAwait(false);
        var newest = stored.Events.Count > 0 ? stored.Events[^1].Sequence : 0;
        var last = Math.Max(newest, stored.HighWater);
        await state.ReserveEventsAsync(last + Block, cancellationToken).ConfigureAwait(false);
        trail.Resume(last, stored.Events, stored.Forgotten);
        (_written, _isStarted) = (last, true);
        var isClean = stored.HighWater <= newest;
        trail.Publish(
            EventTypes.Started,
            isClean ? "The runtime started." : "The runtime started. The one before did not end in order: its last events may be lost.",
            new() { Data = new Dictionary<string, string> { ["clean"] = isClean ? "true" : "false" } });
        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
        return stored.Told;
    }

    /// <summary>Writes what is left, for a few seconds at most. What is published afterwards is not kept.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isStarted || _stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.Run(EndAsync).WaitAsync(_endLimit, timeProvider).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StateException or TimeoutException)
        {
            // The block stays set aside, and the next start says that events may be lost.
            logger.EventsNotSaved(exception.Message);
        }
    }

    private async Task EndAsync()
    {
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (await WriteBatchAsync().ConfigureAwait(false))
        {
        }

        await state.ReserveEventsAsync(_written, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await trail.MoreThan(_written).WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await WriteBatchAsync().ConfigureAwait(false);
                _isFailing = false;
            }
            catch (Exception exception)
            {
                // Whatever it was: the numbers are safe, and events stop nothing.
                if (!_isFailing)
                {
                    logger.EventsNotSaved(exception.Message);
                }

                _isFailing = true;
                await Task.Delay(_retryDelay, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>Whether there was anything to write.</returns>
    private async Task<bool> WriteBatchAsync()
    {
        // Null: the store failed for so long that the trail went on without it.
        var batch = trail.ReadAfter(_written, BatchSize) ?? [.. trail.Snapshot().Take(BatchSize)];
        if (batch.Count == 0)
        {
            return false;
        }

        await state.AppendEventsAsync(batch, CancellationToken.None).ConfigureAwait(false);
        _written = batch[^1].Sequence;
        return true;
    }
}
