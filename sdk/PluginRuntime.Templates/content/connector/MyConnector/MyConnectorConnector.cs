using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace MyConnector;

/// <summary>What a host calls. It makes one object for each instance and version, and calls its members from many threads at a time.</summary>
[Connector("my-connector-id", Name = "MyConnector", Category = "custom", Description = "Greets people.", Settings = typeof(MyConnectorSettings))]
public sealed class MyConnectorConnector : Connector<MyConnectorConnection>
{
    /// <summary>Declares the actions, and does nothing else: the build runs it, where there is no instance.</summary>
    public MyConnectorConnector()
        : base(MyConnectorJson.Default) =>
        Action<GreetInput, Greeting>("greet", GreetAsync, new() { Description = "Greets somebody.", Idempotent = true });

    /// <summary>Opens one connection. The host pools them, and gives each to one call at a time.</summary>
    protected override ValueTask<MyConnectorConnection> OpenAsync(CancellationToken cancellationToken)
    {
        // Connect to the outside system here. When it cannot be reached:
        // throw new ConnectorException(ConnectorErrorKind.Unavailable, "The system does not answer.", wasSent: false);
        var settings = Context.GetSettings<MyConnectorSettings>();
        return new(new MyConnectorConnection(settings.Greeting));
    }

    /// <summary>Says whether a connection can still be used. Ask the outside system here: it is what keeps a bad version from taking calls.</summary>
    protected override ValueTask<ConnectionHealth> CheckAsync(MyConnectorConnection connection, CancellationToken cancellationToken) =>
        new(ConnectionHealth.Healthy);

    private static ValueTask<Greeting> GreetAsync(MyConnectorConnection connection, GreetInput input, CancellationToken cancellationToken) =>
        new(new Greeting($"{connection.Greeting}, {input.Name}!"));
}

/// <summary>One live client of the outside system.</summary>
public sealed record MyConnectorConnection(string Greeting);

/// <summary>What an instance of the connector is configured with.</summary>
public sealed record MyConnectorSettings([property: Description("The word to greet with."), MinLength(1)] string Greeting = "Hello");

/// <summary>What <c>greet</c> takes.</summary>
public sealed record GreetInput([property: Description("Whom to greet."), MinLength(1)] string Name);

/// <summary>What <c>greet</c> answers.</summary>
public sealed record Greeting([property: Description("The words.")] string Text);

/// <summary>Reads and writes all of these without reflection, which would keep a replaced version in memory.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MyConnectorSettings))]
[JsonSerializable(typeof(GreetInput))]
[JsonSerializable(typeof(Greeting))]
internal sealed partial class MyConnectorJson : JsonSerializerContext;
