using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace PluginRuntime.Execution;

/// <summary>What one listener has still to be told. Bounded: one that is slow loses the oldest, and learns how many.</summary>
internal sealed class CallListener : IDisposable
{
    private readonly Predicate<CallEnd> _wants;
    private readonly Action<CallListener> _leave;
    private readonly Channel<CallEnd> _waiting;
    private long _dropped;

    internal CallListener(Predicate<CallEnd> wants, int capacity, Action<CallListener> leave)
    {
        (_wants, _leave) = (wants, leave);
        _waiting = Channel.CreateBounded<CallEnd>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>The next end, if there is one.</summary>
    internal bool TryNext([NotNullWhen(true)] out CallEnd? end) => _waiting.Reader.TryRead(out end);

    /// <summary>Completes when there is an end to take.</summary>
    internal Task WhenMoreAsync(CancellationToken cancellationToken) => _waiting.Reader.WaitToReadAsync(cancellationToken).AsTask();

    /// <summary>How many were dropped since the last time that this was asked.</summary>
    internal long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    public void Dispose() => _leave(this);

    internal void Offer(CallEnd end)
    {
        if (_wants(end))
        {
            _waiting.Writer.TryWrite(end);
        }
    }
}
