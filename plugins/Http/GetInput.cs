using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

internal sealed record GetInput(
    string Path, IReadOnlyDictionary<string, JsonElement>? Query = null, IReadOnlyDictionary<string, string>? Headers = null);
