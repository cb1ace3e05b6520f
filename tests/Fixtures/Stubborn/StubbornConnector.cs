using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace Fixtures.Stubborn;

/// <summary>Blocks the thread that calls it, or fails as told.</summary>
[Connector("stubborn", Name = "Stubborn", Category = "test", Auth = CredentialTypes.Any, Settings = typeof(StubbornSettings))]
public sealed class StubbornConnector : Connector<StubbornConnection>
{
    private volatile string? _complaint;

    /// <summary>Declares the actions.</summary>
    public StubbornConnector()
        : base(StubbornJson.Default)
    {
        Action<BlockInput, Done>("block", Block, new() { Description = "Keeps its thread and listens to nobody." });
        Action<AskInput, Shown>("show", ShowAsync, new() { Description = "Tells the secrets it was given: what no real connector does.", Idempotent = true });
        Action<FailInput, Done>("fail", Fail, new() { Description = "Fails as told." });
        Action<SayInput, Done>("say", SayAsync, new() { Description = "Says something, or the secrets it was given, where it should not." });
        Action<HowInput, Done>("misbehave", Misbehave, new() { Description = "Throws where nobody catches, or goes on when it is to stop." });
        RawAction("flood", Misbehaviour.FloodAsync, new() { Description = "Answers 100 MB." });
        Action<AskInput, Done>("ping", (_, _, _) => new(new Done(Context.Version)), new() { Description = "Answers.", Idempotent = true });
    }

    /// <inheritdoc />
    protected override ValueTask<StubbornConnection> OpenAsync(CancellationToken cancellationToken) => new(new StubbornConnection());

    private ValueTask<Done> Block(StubbornConnection connection, BlockInput input, CancellationToken cancellationToken)
    {
        using var never = new ManualResetEvent(false);
        never.WaitOne(input.Milliseconds);
        return new(new Done(Context.Version));
    }

    private async ValueTask<Shown> ShowAsync(StubbornConnection connection, AskInput input, CancellationToken cancellationToken)
    {
        var header = await Context.Credentials.GetHeaderAsync(cancellationToken);
        return new(header?.Name, header?.Value.Reveal(), Context.GetSettings<StubbornSettings>().Password);
    }

    /// <inheritdoc />
    protected override ValueTask<ConnectionHealth> CheckAsync(StubbornConnection connection, CancellationToken cancellationToken) =>
        new(_complaint is { } complaint ? ConnectionHealth.Unhealthy(complaint) : ConnectionHealth.Healthy);

    private async ValueTask<Done> SayAsync(StubbornConnection connection, SayInput input, CancellationToken cancellationToken)
    {
        var header = await Context.Credentials.GetHeaderAsync(cancellationToken);
        var secret = await Context.Credentials.GetSecretAsync(cancellationToken);
        var password = Context.GetSettings<StubbornSettings>().Password;
        var text = input.Text ?? Misbehaviour.Spell(header?.Value.Reveal(), secret?.Reveal(), password);
        _complaint = input.How == "unhealthy" ? text : null;
        Misbehaviour.Say(input.How, text, Context.Logger);
        return new(Context.Version);
    }

    private ValueTask<Done> Misbehave(StubbornConnection connection, HowInput input, CancellationToken cancellationToken) =>
        Misbehaviour.DoAsync(input.How, Context.Version);

    private static ValueTask<Done> Fail(StubbornConnection connection, FailInput input, CancellationToken cancellationToken) =>
        throw new ConnectorException(
            Enum.Parse<ConnectorErrorKind>(input.Kind, ignoreCase: true), "as told", TimeSpan.FromSeconds(input.RetryAfterSeconds));
}

/// <summary>Settings, one of them secret.</summary>
/// <param name="Region">Anything.</param>
/// <param name="Password">A secret.</param>
public sealed record StubbornSettings(string? Region = null, [property: Secret] string? Password = null);

/// <summary>No input.</summary>
public sealed record AskInput;

/// <summary>Secrets.</summary>
/// <param name="Header">The credential's header.</param>
/// <param name="Value">Its value.</param>
/// <param name="Password">The secret setting.</param>
public sealed record Shown(string? Header, string? Value, string? Password);

/// <summary>Stands for a connection.</summary>
public sealed class StubbornConnection;

/// <summary>How long to block.</summary>
/// <param name="Milliseconds">At least 0.</param>
public sealed record BlockInput(int Milliseconds);

/// <summary>How to fail.</summary>
/// <param name="Kind">A kind of ConnectorErrorKind.</param>
/// <param name="RetryAfterSeconds">What the failure says of waiting.</param>
public sealed record FailInput(string Kind, int RetryAfterSeconds);

/// <summary>What to say and where.</summary>
/// <param name="How">throw, nest, connector, log, scope, thread, unhealthy, or anything else to say nothing.</param>
/// <param name="Text">What; without it, the secrets.</param>
public sealed record SayInput(string How, string? Text = null);

/// <summary>How to misbehave.</summary>
/// <param name="How">timer, thread, async-void or deaf.</param>
public sealed record HowInput(string How);

/// <summary>Done.</summary>
/// <param name="Version">Which version did it.</param>
public sealed record Done(string Version);

/// <summary>The connector's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StubbornSettings))]
[JsonSerializable(typeof(BlockInput))]
[JsonSerializable(typeof(FailInput))]
[JsonSerializable(typeof(SayInput))]
[JsonSerializable(typeof(HowInput))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(AskInput))]
[JsonSerializable(typeof(Shown))]
[JsonSerializable(typeof(string))]
public sealed partial class StubbornJson : JsonSerializerContext;
