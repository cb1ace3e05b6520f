using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace Fixtures.Stubborn;

/// <summary>Blocks the thread that calls it, or fails as told.</summary>
[Connector("stubborn", Name = "Stubborn", Category = "test", Settings = typeof(StubbornSettings))]
public sealed class StubbornConnector : Connector<StubbornConnection>
{
    /// <summary>Declares the actions.</summary>
    public StubbornConnector()
        : base(StubbornJson.Default)
    {
        Action<BlockInput, Done>("block", Block, new() { Description = "Keeps its thread and listens to nobody." });
        Action<FailInput, Done>("fail", Fail, new() { Description = "Fails as told." });
    }

    /// <inheritdoc />
    protected override ValueTask<StubbornConnection> OpenAsync(CancellationToken cancellationToken) => new(new StubbornConnection());

    private ValueTask<Done> Block(StubbornConnection connection, BlockInput input, CancellationToken cancellationToken)
    {
        using var never = new ManualResetEvent(false);
        never.WaitOne(input.Milliseconds);
        return new(new Done(Context.Version));
    }

    private static ValueTask<Done> Fail(StubbornConnection connection, FailInput input, CancellationToken cancellationToken) =>
        throw new ConnectorException(
            Enum.Parse<ConnectorErrorKind>(input.Kind, ignoreCase: true), "as told", TimeSpan.FromSeconds(input.RetryAfterSeconds));
}

/// <summary>Settings, one of them secret.</summary>
/// <param name="Region">Anything.</param>
/// <param name="Password">A secret.</param>
public sealed record StubbornSettings(string? Region = null, [property: Secret] string? Password = null);

/// <summary>Stands for a connection.</summary>
public sealed class StubbornConnection;

/// <summary>How long to block.</summary>
/// <param name="Milliseconds">At least 0.</param>
public sealed record BlockInput(int Milliseconds);

/// <summary>How to fail.</summary>
/// <param name="Kind">A kind of ConnectorErrorKind.</param>
/// <param name="RetryAfterSeconds">What the failure says of waiting.</param>
public sealed record FailInput(string Kind, int RetryAfterSeconds);

/// <summary>Done.</summary>
/// <param name="Version">Which version did it.</param>
public sealed record Done(string Version);

/// <summary>The connector's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StubbornSettings))]
[JsonSerializable(typeof(BlockInput))]
[JsonSerializable(typeof(FailInput))]
[JsonSerializable(typeof(Done))]
public sealed partial class StubbornJson : JsonSerializerContext;
