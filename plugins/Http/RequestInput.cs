using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>One request as a caller describes it. Nothing of it is checked yet.</summary>
internal sealed record RequestInput(
    string Method,
    string Path,
    IReadOnlyDictionary<string, JsonElement>? Query = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    JsonElement? Body = null);
