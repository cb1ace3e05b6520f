using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace Greeter;

/// <summary>Greets, and says in which version.</summary>
[Connector("greeter", Name = "Greeter", Category = "sample", Description = "Greets, and says in which version.")]
public sealed class GreeterConnector : Connector<object>
{
    /// <summary>Declares the action.</summary>
    public GreeterConnector()
        : base(GreeterJson.Default) =>
        Action<GreetInput, Greeting>("greet", GreetAsync, new() { Description = "Greets somebody.", Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    private async ValueTask<Greeting> GreetAsync(object connection, GreetInput input, CancellationToken cancellationToken)
    {
        // As if something outside took its time: some calls are always under way when the version changes.
        await Task.Delay(TimeSpan.FromMilliseconds(5), Context.TimeProvider, cancellationToken);
        return new($"Hello, {input.Name}!", Context.Version);
    }
}

/// <summary>Whom to greet.</summary>
/// <param name="Name">A name.</param>
public sealed record GreetInput(string Name = "world");

/// <summary>A greeting.</summary>
/// <param name="Text">The words.</param>
/// <param name="Version">The version that greets.</param>
public sealed record Greeting(string Text, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GreetInput))]
[JsonSerializable(typeof(Greeting))]
internal sealed partial class GreeterJson : JsonSerializerContext;
