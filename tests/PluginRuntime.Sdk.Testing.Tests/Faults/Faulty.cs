using System.Buffers;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using PluginRuntime.Sdk;

namespace Faulty;

// Without a symbol it is a good connector. Each symbol is one fault.
#if CONNECTOR_UNDESCRIBED
[Connector("faulty", Settings = typeof(FaultySettings))]
#else
[Connector("faulty", Description = "Does little.", Settings = typeof(FaultySettings))]
#endif
public sealed class FaultyConnector : Connector<FaultyConnection>
{
#if MIXES
    private static string _last = "";
#endif
#if NOT_CONCURRENT
    private int _running;
#endif
#if ONCE
    private int _calls;
#endif
#if HELD_LATER
    private int _start;
#endif

    public FaultyConnector()
        : base(FaultyJson.Default)
    {
#if CONSTRUCTOR_THROWS
        if (AppContext.GetData("exporting") is null)
        {
            throw new InvalidOperationException("not today");
        }
#endif
#if ACTION_UNDESCRIBED
        Action<EchoInput, EchoOutput>("echo", EchoAsync, new() { Idempotent = true });
#else
        Action<EchoInput, EchoOutput>("echo", EchoAsync, new() { Description = "Says it again.", Idempotent = true });
#endif
        Action<FindInput, EchoOutput>("find", FindAsync, new() { Description = "Finds a thing by its key.", Idempotent = true });
        Action<WaitInput, EchoOutput>("wait", WaitAsync, new() { Description = "Takes its time.", Idempotent = true });
#if UNTESTED
        Action<EchoInput, EchoOutput>("store", EchoAsync, new() { Description = "Changes something." });
#endif
#if EXAMPLE_WRONG
        RawAction(
            "raw",
            (_, input, output, _) => { output.Write(input.Span); return default; },
            new() { Description = "Says it again.", Idempotent = true },
            """{"type":"object","properties":{"n":{"type":"integer","description":"A number.","examples":["seven"]}},"additionalProperties":false}""",
            "{}");
#endif
#if OUTPUT_WRONG
        RawAction(
            "raw",
            (_, input, output, _) => { output.Write("""{"n":"seven"}"""u8); return default; },
            new() { Description = "Gives a number.", Idempotent = true },
            """{"type":"object","additionalProperties":false}""",
            """{"type":"object","properties":{"n":{"type":"integer","description":"A number."}}}""");
#endif
    }

    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
#if INIT_THROWS
        throw new ConnectorException(ConnectorErrorKind.Unavailable, "It does not begin.");
#elif SECRET_LOGGED
        Context.Logger.LogInformation("Signing in with {Key}", Context.GetSettings<FaultySettings>().ApiKey);
#elif COMES_UP_THRICE
        AppContext.SetData("faulty.starts", 1 + (AppContext.GetData("faulty.starts") as int? ?? 0));
        if (AppContext.GetData("faulty.starts") is > 4)
        {
            throw new ConnectorException(ConnectorErrorKind.Conflict, "The port is taken.");
        }
#elif TIMER_THROWS
        new Thread(() => throw new InvalidOperationException("nobody hears this")).Start();
#elif HELD
        GCHandle.Alloc(this);
#elif HELD_LATER
        _start = 1 + (AppContext.GetData("faulty.held-later") as int? ?? 0);
        AppContext.SetData("faulty.held-later", _start);
#endif
        return default;
    }

    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
#if DESTROY_THROWS
        throw new InvalidOperationException("it does not want to end");
#else
        return default;
#endif
    }

    protected override ValueTask<FaultyConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var settings = Context.GetSettings<FaultySettings>();
#if OPEN_FAILS
        throw new ConnectorException(ConnectorErrorKind.Auth, "It is not let in.", wasSent: false);
#else
#if !LIES && !CHECK_BUG
        if (!settings.Reachable)
        {
#if UNREACHABLE_BUG
            throw new InvalidOperationException("connection refused");
#elif SECRET_THROWN
            throw new ConnectorException(ConnectorErrorKind.Unavailable, $"Nobody answers to {settings.ApiKey}.");
#else
            throw new ConnectorException(ConnectorErrorKind.Unavailable, "Nobody answers.");
#endif
        }
#endif
        return new(new FaultyConnection());
#endif
    }

    protected override ValueTask<ConnectionHealth> CheckAsync(FaultyConnection connection, CancellationToken cancellationToken) =>
#if CHECK_BUG
        Context.GetSettings<FaultySettings>().Reachable ? new(ConnectionHealth.Healthy) : throw new InvalidOperationException("connection refused");
#elif UNHEALTHY
        new(ConnectionHealth.Unhealthy("It is not well."));
#else
        new(ConnectionHealth.Healthy);
#endif

    protected override ValueTask CloseAsync(FaultyConnection connection, CancellationToken cancellationToken)
    {
#if LEAKS
        FaultyConnection.Kept.Add(connection);
#elif CLOSE_THROWS
        connection.Dispose();
        throw new InvalidOperationException("it does not close");
#else
        connection.Dispose();
#endif
        return default;
    }

    private async ValueTask<EchoOutput> EchoAsync(FaultyConnection connection, EchoInput input, CancellationToken cancellationToken)
    {
        await Task.Yield();
#if ECHO_SHOUTS
        return new(input.Text.ToUpperInvariant());
#elif ONCE
        return Interlocked.Increment(ref _calls) < 20 ? new(input.Text) : throw new ConnectorException(ConnectorErrorKind.Conflict, "It was said before.");
#elif BUG
        return new(input.Text[0] + input.Text[1..]);
#elif MIXES
        _last = input.Text;
        await Task.Delay(1, cancellationToken);
        return new(_last);
#elif NOT_CONCURRENT
        var among = Interlocked.Increment(ref _running);
        try
        {
            await Task.Delay(1, cancellationToken);
            return among == 1 ? new(input.Text) : throw new ConnectorException(ConnectorErrorKind.Conflict, "One at a time, please.");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
#elif HELD_LATER
        // Not when the other checks call it, and not for the first example: only the later cycles can find it.
        if (_start > 4 && input.Text == "three")
        {
            GCHandle.Alloc(this);
        }

        return new(input.Text);
#elif DYNAMIC
        dynamic text = input.Text;
        return new((string)text.Trim(input.Text.Length > 0 ? '\u0001' : ' '));
#elif DISPATCH_PROXY
        return new(input.Text + (System.Reflection.DispatchProxy.Create<IDisposable, Proxy>() is null ? "?" : ""));
#elif XML_SERIALIZER
        return new(input.Text + (new System.Xml.Serialization.XmlSerializer(typeof(int)) is null ? "?" : ""));
#elif DATA_CONTRACT
        return new(input.Text + (new System.Runtime.Serialization.DataContractSerializer(typeof(int)) is null ? "?" : ""));
#else
        return new(input.Text);
#endif
    }

    private static ValueTask<EchoOutput> FindAsync(FaultyConnection connection, FindInput input, CancellationToken cancellationToken) =>
        input.Key == "there"
            ? new(new EchoOutput("found"))
#if KIND_WRONG
            : throw new ConnectorException(ConnectorErrorKind.Unavailable, "There is no such thing.");
#elif FAILURE_MISSING
            : new(new EchoOutput(""));
#else
            : throw new ConnectorException(ConnectorErrorKind.NotFound, "There is no such thing.");
#endif

    private static async ValueTask<EchoOutput> WaitAsync(FaultyConnection connection, WaitInput input, CancellationToken cancellationToken)
    {
#if BLOCKS
        Thread.Sleep(input.Milliseconds);
        await Task.Yield();
#elif IGNORES_TOKEN
        await Task.Delay(input.Milliseconds);
#elif CANCELLATION_BUG
        try
        {
            await Task.Delay(input.Milliseconds, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException("interrupted");
        }
#else
        await Task.Delay(input.Milliseconds, cancellationToken);
#endif
        return new("over");
    }
}

public sealed class FaultyConnection : IDisposable
{
#if LEAKS
    public static List<FaultyConnection> Kept { get; } = [];
#endif

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public void Dispose() => _socket.Dispose();
}

#if DISPATCH_PROXY
public class Proxy : System.Reflection.DispatchProxy
{
    protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) => null;
}
#endif

public sealed record FaultySettings(
#if SECRET_UNMARKED
    [property: Description("The key.")] string ApiKey = "",
#else
    [property: Secret, Description("The key.")] string ApiKey = "",
#endif
    [property: Description("Whether anybody answers.")] bool Reachable = true);

#if UNDESCRIBED
public sealed record EchoInput(string Text);
#else
public sealed record EchoInput([property: Description("What to say.")] string Text);
#endif

public sealed record FindInput([property: Description("Of what is looked for.")] string Key);

public sealed record WaitInput([property: Description("How long.")] int Milliseconds);

public sealed record EchoOutput([property: Description("What was said.")] string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FaultySettings))]
[JsonSerializable(typeof(EchoInput))]
[JsonSerializable(typeof(EchoOutput))]
[JsonSerializable(typeof(FindInput))]
[JsonSerializable(typeof(WaitInput))]
internal sealed partial class FaultyJson : JsonSerializerContext;
