using System.Globalization;
using System.IO.Pipelines;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Host.Events;

/// <summary>
/// What changes, as server-sent events. It holds a position and no events: a client that does not read is waited for, and when
/// what it missed is no longer kept its stream ends; it comes back with <c>Last-Event-ID</c> and is told so.
/// </summary>
internal sealed class EventStream(EventTrail trail, EventQuery query, PipeWriter output, Func<ValueTask<bool>> mayRead, TimeProvider timeProvider)
{
    private const int BatchSize = 100;

    private readonly EventWriter _output = new(output);

    // What the client was told last, which a filter may leave behind what was looked at.
    private long _told;

    /// <summary>Writes events until the client leaves, the host stops, the client may not read any more or is too far behind.</summary>
    /// <exception cref="OperationCanceledException">The client left, or the host stops.</exception>
    internal async Task RunAsync(long after, CancellationToken cancellationToken)
    {
        var position = after;
        _output.Write(EventWriter.Retry);
        WriteId(position);
        await _output.FlushAsync(cancellationToken);
        while (await mayRead() && trail.ReadAfter(position, BatchSize) is { } batch)
        {
            if (batch.Count == 0)
            {
                await WaitAsync(position, cancellationToken);
                continue;
            }

            foreach (var found in batch.Where(query.Wants))
            {
                Write(found);
                _told = found.Sequence;
            }

            position = batch[^1].Sequence;
            await _output.FlushAsync(cancellationToken);
        }
    }

    private async Task WaitAsync(long position, CancellationToken cancellationToken)
    {
        var more = trail.MoreThan(position);
        await more.WaitAsync(EventWriter.Heartbeat, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (more.IsCompleted)
        {
            return;
        }

        // The id moves a client on whose filter lets nothing through, or what it waits behind would one day not be kept.
        _output.Write(EventWriter.StillHere);
        if (_told == position)
        {
            _output.Write("\n");
        }
        else
        {
            WriteId(position);
        }

        await _output.FlushAsync(cancellationToken);
    }

    /// <summary>An id without data: the client remembers it and dispatches nothing.</summary>
    private void WriteId(long position)
    {
        _output.Write(string.Create(CultureInfo.InvariantCulture, $"id: {position}\n\n"));
        _told = position;
    }

    private void Write(RuntimeEvent found)
    {
        _output.Write(string.Create(CultureInfo.InvariantCulture, $"id: {found.Sequence}\n"));
        _output.Write(found.Type, query.Shown(found));
    }
}
