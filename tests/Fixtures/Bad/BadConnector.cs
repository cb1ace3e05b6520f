using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Newtonsoft.Json;
using PluginRuntime.Sdk;

namespace Fixtures.Bad;

/// <summary>
/// A connector with one action, <c>work</c>, which waits a little and tells its version. It is bad in the way that the file
/// <c>behaviour.txt</c> in its package says, and good without it.
/// </summary>
[Connector("bad", Name = "Bad", Category = "test")]
public sealed class BadConnector : Connector<object>
{
    private readonly string _behaviour;

    /// <summary>Connections of its own, behind those that the host knows.</summary>
    private readonly SemaphoreSlim _inner = new(8);
    private int _calls;

    /// <summary>Declares the action.</summary>
    public BadConnector()
    {
        var file = Path.Combine(Path.GetDirectoryName(typeof(BadConnector).Assembly.Location)!, "behaviour.txt");
        _behaviour = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        if (_behaviour == "constructor-throws")
        {
            throw new InvalidOperationException("thrown by the constructor");
        }

        RawAction(
            "work",
            WorkAsync,
            new() { Description = "Tells its version." },
            outputSchema: """{"type":"object","required":["version"],"properties":{"version":{"type":"string"}}}""");
    }

    /// <inheritdoc />
    protected override async ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        if (_behaviour == "init-hangs")
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    /// <inheritdoc />
    protected override ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) =>
        new(_behaviour == "health-fails" ? ConnectionHealth.Unhealthy("the check says no") : ConnectionHealth.Healthy);

    private async ValueTask WorkAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var call = Interlocked.Increment(ref _calls);
        switch (_behaviour)
        {
            case "first-call-throws" when call == 1:
            case "third-call-throws" when call % 3 == 0:
                throw new InvalidOperationException("thrown by a call");
            case "unavailable":
                throw new ConnectorException(ConnectorErrorKind.Unavailable, "nobody answers it");
            case "native-missing":
                Native();
                break;
            case "leaks":
                // What a call takes it never gives back.
                await _inner.WaitAsync(cancellationToken);
                break;
        }

        if (_behaviour != "part-missing" || call > 1)
        {
            // 12 ms, or ten times as long: enough for a busy machine not to blur it.
            await WaitAsync(_behaviour == "slow" ? 30 : 3, cancellationToken);
        }

        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString(_behaviour == "lies" ? "number" : "version", Context.Version);
        writer.WriteEndObject();
    }

    // On its own: the runtime looks for the private dependency when this is compiled. Its text for true has four characters.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task WaitAsync(int times, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(JsonConvert.ToString(true).Length) * times, cancellationToken);

    [DllImport("fixtures-bad-native-library-that-is-nowhere")]
    private static extern void Native();
}
