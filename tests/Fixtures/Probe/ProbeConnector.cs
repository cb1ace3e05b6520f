using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using PluginRuntime.Sdk;

namespace Fixtures.Probe;

/// <summary>
/// A connector that behaves as the file <c>behaviour.txt</c> in its package says, so that one assembly makes many packages. Without the file
/// it is good. Its answers tell which version, generation and connection gave them.
/// </summary>
[Connector("probe", Name = "Probe", Category = "test", Settings = typeof(ProbeSettings))]
public sealed class ProbeConnector : Connector<ProbeConnection>
{
    private static readonly ActivitySource _spans = new("Fixtures.Probe");
    private static int _generations;

    private readonly string _behaviour;
    private readonly int _generation = Interlocked.Increment(ref _generations);
    private int _connections;
    private int _calls;
    private bool _isDestroyed;
    private Timer? _timer;

    /// <summary>Declares the actions.</summary>
    public ProbeConnector()
        : base(ProbeJson.Default)
    {
        var directory = Path.GetDirectoryName(typeof(ProbeConnector).Assembly.Location)!;
        var file = Path.Combine(directory, "behaviour.txt");
        _behaviour = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        if (_behaviour == "constructor-throws")
        {
            throw new InvalidOperationException("thrown by the constructor");
        }

        if (_behaviour == "constructor-hangs")
        {
            new ManualResetEvent(false).WaitOne();
        }

        Action<Nothing, Answer>("who", WhoAsync, new() { Description = "Tells who answers.", Idempotent = true });
        Action<SleepInput, Answer>("sleep", SleepAsync, new() { Description = "Waits; honours its token.", Idempotent = true });
        Action<SleepInput, Answer>("deaf", DeafAsync, new() { Description = "Waits; ignores its token." });
        Action<FailInput, Answer>("fail", FailAsync, new() { Description = "Fails as told; counts its attempts.", Idempotent = true });
        Action<FailInput, Answer>("fail-once-only", FailAsync, new() { Description = "Fails as told; may not be repeated." });
        Action<Nothing, Answer>("trace", TraceAsync, new() { Description = "Makes a span of its own." });
        RawAction("nonsense", NonsenseAsync, new() { Description = "Answers something that is no JSON." });
        RawAction("liar", LiarAsync, new() { Description = "Answers what its schema forbids." }, outputSchema: """{"type":"object","required":["a"]}""");
        Action<Nothing, Answer>("forget-timer", ForgetTimerAsync, new() { Description = "Starts a timer that nobody stops." });
        Action<Nothing, Answer>("throw-on-thread", ThrowOnThreadAsync, new() { Description = "Throws on a thread of its own." });
    }

    /// <summary>How many attempts of <c>fail</c> there were, over all generations of this load context.</summary>
    private static int _attempts;

    /// <inheritdoc />
    protected override async ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        Context.Logger.LogInformation("init {Instance}", Context.Instance);
        switch (_behaviour)
        {
            case "init-throws":
                throw new ConnectorException(ConnectorErrorKind.Unavailable, "init says no");
            case "init-hangs":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
        }
    }

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        _isDestroyed = true;
        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<ProbeConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var flag = Context.GetSettings<ProbeSettings>().DownWhileFileExists;
        return _behaviour == "open-throws" || (flag is not null && File.Exists(flag))
            ? throw new ConnectorException(ConnectorErrorKind.Unavailable, "nobody answers")
            : new(new ProbeConnection(Interlocked.Increment(ref _connections)));
    }

    /// <inheritdoc />
    protected override ValueTask<ConnectionHealth> CheckAsync(ProbeConnection connection, CancellationToken cancellationToken)
    {
        var flag = Context.GetSettings<ProbeSettings>().DownWhileFileExists;
        return new(_behaviour == "unhealthy" || (flag is not null && File.Exists(flag))
            ? ConnectionHealth.Unhealthy("the check says no")
            : ConnectionHealth.Healthy);
    }

    private ValueTask<Answer> WhoAsync(ProbeConnection connection, Nothing input, CancellationToken cancellationToken) => _behaviour switch
    {
        "who-throws" => throw new InvalidOperationException("it turned bad"),
        "who-unavailable" => throw new ConnectorException(ConnectorErrorKind.Unavailable, "nobody answers it"),
        _ => new(Who(connection)),
    };

    private async ValueTask<Answer> SleepAsync(ProbeConnection connection, SleepInput input, CancellationToken cancellationToken)
    {
        await Task.Delay(input.Milliseconds, cancellationToken);
        return Who(connection);
    }

    private async ValueTask<Answer> DeafAsync(ProbeConnection connection, SleepInput input, CancellationToken cancellationToken)
    {
        await Task.Delay(input.Milliseconds, CancellationToken.None);
        return Who(connection);
    }

    private ValueTask<Answer> FailAsync(ProbeConnection connection, FailInput input, CancellationToken cancellationToken)
    {
        var attempt = Interlocked.Increment(ref _attempts);
        if (attempt % (input.Times + 1) == 0)
        {
            return new(Who(connection) with { Attempts = attempt });
        }

        throw input.Kind == "raw"
            ? new InvalidOperationException("raw failure")
            : new ConnectorException(
                Enum.Parse<ConnectorErrorKind>(input.Kind, ignoreCase: true), $"attempt {attempt} fails", wasSent: input.WasSent);
    }

    private async ValueTask<Answer> TraceAsync(ProbeConnection connection, Nothing input, CancellationToken cancellationToken)
    {
        using var span = _spans.StartActivity("probe");
        span?.SetCustomProperty("connection", connection);
        await Task.Yield();
        return Who(connection);
    }

    private static ValueTask NonsenseAsync(
        ProbeConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write("{ this is no JSON"u8);
        return default;
    }

    private static ValueTask LiarAsync(
        ProbeConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write("""{"b":1}"""u8);
        return default;
    }

    private ValueTask<Answer> ForgetTimerAsync(ProbeConnection connection, Nothing input, CancellationToken cancellationToken)
    {
        _timer = new Timer(_ => Interlocked.Increment(ref _calls), null, 50, 50);
        GC.KeepAlive(_timer);
        return new(Who(connection));
    }

    private ValueTask<Answer> ThrowOnThreadAsync(ProbeConnection connection, Nothing input, CancellationToken cancellationToken)
    {
        var thread = new Thread(() => throw new InvalidOperationException("thrown on a thread")) { IsBackground = true };
        thread.Start();
        thread.Join();
        return new(Who(connection));
    }

    private Answer Who(ProbeConnection connection) =>
        _isDestroyed || connection.IsClosed
            ? throw new ConnectorException(ConnectorErrorKind.Bug, "used after its end")
            : new(Context.Version, _generation, connection.Number, Interlocked.Increment(ref _calls), 0);
}

/// <summary>The probe's settings.</summary>
/// <param name="Label">Anything.</param>
/// <param name="Password">A secret.</param>
/// <param name="DownWhileFileExists">While there is such a file, nothing can be opened and checks fail.</param>
public sealed record ProbeSettings(
    [property: Description("Anything.")] string? Label = null,
    [property: Secret] string? Password = null,
    string? DownWhileFileExists = null);

/// <summary>A connection that knows whether it was closed.</summary>
/// <param name="Number">Counts up in its generation.</param>
public sealed record ProbeConnection(int Number) : IDisposable
{
    /// <summary>Whether it was closed.</summary>
    public bool IsClosed { get; private set; }

    /// <inheritdoc />
    public void Dispose() => IsClosed = true;
}

/// <summary>No input.</summary>
public sealed record Nothing;

/// <summary>How long to wait.</summary>
/// <param name="Milliseconds">At least 0.</param>
public sealed record SleepInput(int Milliseconds);

/// <summary>How to fail.</summary>
/// <param name="Kind">A kind of ConnectorErrorKind, or raw.</param>
/// <param name="Times">How often before it succeeds.</param>
/// <param name="WasSent">What the failure says about sending.</param>
public sealed record FailInput(string Kind, int Times, bool WasSent = true);

/// <summary>Who answered.</summary>
/// <param name="Version">The connector's version.</param>
/// <param name="Generation">Counts the connector objects of this load context.</param>
/// <param name="Connection">The connection's number.</param>
/// <param name="Calls">Counts the calls of this object.</param>
/// <param name="Attempts">Counts the attempts of fail.</param>
public sealed record Answer(string Version, int Generation, int Connection, int Calls, int Attempts);

/// <summary>The probe's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProbeSettings))]
[JsonSerializable(typeof(Nothing))]
[JsonSerializable(typeof(SleepInput))]
[JsonSerializable(typeof(FailInput))]
[JsonSerializable(typeof(Answer))]
public sealed partial class ProbeJson : JsonSerializerContext;
