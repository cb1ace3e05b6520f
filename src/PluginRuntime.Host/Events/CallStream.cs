using PluginRuntime.Execution;
using PluginRuntime.Host.Auth;

namespace PluginRuntime.Host.Events;

/// <summary>
/// Calls as they end, as server-sent events. They are not kept, so there are no ids and nothing to go back to: a client that reads too slowly is
/// told how many it has missed.
/// </summary>
internal sealed class CallStream(CallListener listener, OrgNames names, EventWriter output, Func<ValueTask<bool>> mayRead, TimeProvider timeProvider)
{
    /// <summary>The most calls that wait for a reader.</summary>
    internal const int Capacity = 1_000;

    private const int BatchSize = 100;

    /// <summary>Writes calls until the client leaves, the host stops, or the client may not read any more.</summary>
    /// <exception cref="OperationCanceledException">The client left, or the host stops.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        output.Write(EventWriter.Retry + "\n");
        await output.FlushAsync(cancellationToken);
        while (await mayRead())
        {
            if (!WriteBatch())
            {
                await WaitAsync(cancellationToken);
                continue;
            }

            await output.FlushAsync(cancellationToken);
        }
    }

    /// <returns>Whether there was anything.</returns>
    private bool WriteBatch()
    {
        var dropped = listener.TakeDropped();
        if (dropped > 0)
        {
            output.Write("dropped", new { dropped });
        }

        var count = 0;
        while (count < BatchSize && listener.TryNext(out var end))
        {
            output.Write("call", names.Outside(end));
            count++;
        }

        return count > 0 || dropped > 0;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var more = listener.WhenMoreAsync(given.Token);
        await more.WaitAsync(EventWriter.Heartbeat, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!more.IsCompleted)
        {
            // The next wait makes another one: a reader has one at a time.
            await given.CancelAsync();
            await more.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            output.Write(EventWriter.StillHere + "\n");
            await output.FlushAsync(cancellationToken);
        }
    }
}
