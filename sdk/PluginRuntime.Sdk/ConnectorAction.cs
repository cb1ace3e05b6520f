using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk;

/// <summary>One operation of a connector, as its class declares it. The build step turns these into the manifest.</summary>
public sealed class ConnectorAction
{
    /// <summary>The action's id, unique in its connector: <c>^[a-z0-9][a-z0-9._-]{0,63}$</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What the author said of it.</summary>
    public required ActionOptions Options { get; init; }

    /// <summary>The input's type, from which its schema is exported. Null when <see cref="InputSchema"/> is given.</summary>
    public JsonTypeInfo? Input { get; init; }

    /// <summary>The output's type, from which its schema is exported. Null when <see cref="OutputSchema"/> is given.</summary>
    public JsonTypeInfo? Output { get; init; }

    /// <summary>The input's JSON Schema (2020-12), written by hand.</summary>
    public JsonElement? InputSchema { get; init; }

    /// <summary>The output's JSON Schema (2020-12), written by hand.</summary>
    public JsonElement? OutputSchema { get; init; }
}
