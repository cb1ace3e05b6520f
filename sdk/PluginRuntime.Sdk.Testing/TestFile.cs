using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk.Testing;

/// <summary>What <c>connector.test.json</c> says: with what to test a connector.</summary>
internal sealed record TestFile
{
    internal const string Name = "connector.test.json";

    // Set and not init: the generated reader would write null over what is not there.

    /// <summary>Of the instance's configuration, as in <c>connectors.json</c>: host, port, settings, credentials, and whatever else it needs.</summary>
    public JsonObject Instance { get; set; } = [];

    /// <summary>
    /// A merge patch (RFC 7396) after which the outside system cannot be reached: opening a connection, or its check, has to fail. Null when
    /// there is none to be reached.
    /// </summary>
    public JsonObject? Unreachable { get; set; }

    /// <summary>Calls that are made before all others, and have to succeed: what they leave outside is there for the rest.</summary>
    public IReadOnlyList<SetupCall> Setup { get; set; } = [];

    /// <summary>How to call actions, by id. Those that are not listed are called with made-up inputs if they are idempotent.</summary>
    public IReadOnlyDictionary<string, ActionTests> Actions { get; set; } = new Dictionary<string, ActionTests>();

    /// <summary>Checks that are left out: id, and why.</summary>
    public IReadOnlyDictionary<string, string> Skip { get; set; } = new Dictionary<string, string>();

    /// <exception cref="ConformanceException">It cannot be read, or says what is not known.</exception>
    internal static TestFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TestFileJson.Default.TestFile)
                ?? throw new ConformanceException($"{path} is null.");
        }
        catch (JsonException exception)
        {
            throw new ConformanceException($"{path} cannot be used: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConformanceException($"{path} cannot be read: {exception.Message}");
        }
    }

    internal ActionTests For(string action) => Actions.TryGetValue(action, out var tests) ? tests : ActionTests.None;
}

/// <summary>How one action is called.</summary>
internal sealed record ActionTests
{
    internal static ActionTests None { get; } = new();

    /// <summary>Calls that succeed, in this order.</summary>
    public IReadOnlyList<ExampleCall> Examples { get; set; } = [];

    /// <summary>Calls that fail, and how.</summary>
    public IReadOnlyList<FailingCall> Failures { get; set; } = [];

    /// <summary>Whether it may be called with made-up inputs. Null: if it is idempotent.</summary>
    public bool? Generate { get; set; }

    /// <summary>Whether its examples change what others look at, or each other, so that they are not called several at a time.</summary>
    public bool Alone { get; set; }

    /// <summary>An input with which it takes so long that it can be cancelled. Null: the first example.</summary>
    public JsonElement? Slow { get; set; }
}

/// <param name="Action">The action's id.</param>
/// <param name="Input">What it is called with.</param>
internal sealed record SetupCall(string Action, JsonElement Input);

/// <param name="Input">What it is called with.</param>
/// <param name="Output">What it has to answer, but for the order of properties; null for anything that its schema allows.</param>
internal sealed record ExampleCall(JsonElement Input, JsonElement? Output = null);

/// <param name="Input">What it is called with.</param>
/// <param name="Kind">The kind of failure, as the codes say it: <c>not-found</c>.</param>
internal sealed record FailingCall(JsonElement Input, string Kind);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(TestFile))]
internal sealed partial class TestFileJson : JsonSerializerContext;
