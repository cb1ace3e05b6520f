using System.Buffers;
using PluginRuntime.Sdk;

namespace Fixtures.Steady;

/// <summary>
/// Answers at once, or after a while, with next to no work of its own, so that what is measured is the host. An answer is one byte of JSON:
/// what a connection that is closed, or a connector that is destroyed, is asked for is 0, everything else 1.
/// </summary>
[Connector("steady", Name = "Steady", Category = "test")]
public sealed class SteadyConnector : Connector<SteadyConnection>
{
    private volatile bool _isDestroyed;

    /// <summary>Declares the actions.</summary>
    public SteadyConnector()
    {
        RawAction("fast", FastAsync, new() { Description = "Answers at once.", Idempotent = true });
        RawAction("slow", SlowAsync, new() { Description = "Answers after 30 ms.", Idempotent = true });
    }

    /// <inheritdoc />
    protected override ValueTask<SteadyConnection> OpenAsync(CancellationToken cancellationToken) => new(new SteadyConnection());

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        _isDestroyed = true;
        return default;
    }

    private ValueTask FastAsync(SteadyConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        Answer(connection, output);
        return default;
    }

    private async ValueTask SlowAsync(SteadyConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        await Task.Delay(30, cancellationToken);
        Answer(connection, output);
    }

    private void Answer(SteadyConnection connection, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = _isDestroyed || connection.IsClosed ? (byte)'0' : (byte)'1';
        output.Advance(1);
    }
}

/// <summary>A connection that knows whether it was closed.</summary>
public sealed class SteadyConnection : IDisposable
{
    private volatile bool _isClosed;

    /// <summary>Whether it was closed.</summary>
    public bool IsClosed => _isClosed;

    /// <inheritdoc />
    public void Dispose() => _isClosed = true;
}
