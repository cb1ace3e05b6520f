using System.Buffers;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Demo;

/// <summary>Actions without an outside system: to try a host, its deadlines and its swaps with.</summary>
[Connector("demo", Name = "Demo", Category = "demo", Description = "Answers by itself: to try the host with.")]
public sealed class DemoConnector : Connector<DemoConnection>
{
    private const int LongestMilliseconds = 60_000;

    /// <summary>Declares the actions.</summary>
    public DemoConnector()
        : base(DemoJson.Default)
    {
        RawAction("echo", EchoAsync, new() { Description = "Gives back its input.", Idempotent = true });
        Action<TimeInput, TimeOutput>("time", TimeAsync, new() { Description = "Tells the host's time.", Idempotent = true });
        Action<SlowInput, SlowOutput>("slow", SlowAsync, new() { Description = "Waits, and tells how long it did. Ends early when cancelled." });
    }

    /// <inheritdoc />
    protected override ValueTask<DemoConnection> OpenAsync(CancellationToken cancellationToken) => new(new DemoConnection());

    private static ValueTask EchoAsync(
        DemoConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write(input.Span);
        return default;
    }

    private ValueTask<TimeOutput> TimeAsync(DemoConnection connection, TimeInput input, CancellationToken cancellationToken) =>
        new(new TimeOutput(Context.TimeProvider.GetUtcNow()));

    private async ValueTask<SlowOutput> SlowAsync(DemoConnection connection, SlowInput input, CancellationToken cancellationToken)
    {
        if (input.Milliseconds is < 0 or > LongestMilliseconds)
        {
            throw new ConnectorException(
                ConnectorErrorKind.Input, $"'milliseconds' must be between 0 and {LongestMilliseconds}.", wasSent: false);
        }

        var started = Context.TimeProvider.GetTimestamp();
        await Task.Delay(TimeSpan.FromMilliseconds(input.Milliseconds), Context.TimeProvider, cancellationToken);
        return new((int)Context.TimeProvider.GetElapsedTime(started).TotalMilliseconds);
    }
}
