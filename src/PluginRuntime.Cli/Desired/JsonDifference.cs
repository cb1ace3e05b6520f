using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Cli.Desired;

/// <summary>Where two values differ, as JSON pointers; what is only in one of them by the pointer of that. Never what the values are.</summary>
internal static class JsonDifference
{
    internal static IReadOnlyList<string> Between(JsonNode? before, JsonNode? after) => [.. Find(before, after, "")];

    internal static IReadOnlyList<string> Between(JsonElement before, JsonElement after) => Between(JsonNode.Parse(before.GetRawText()), JsonNode.Parse(after.GetRawText()));

    private static IEnumerable<string> Find(JsonNode? before, JsonNode? after, string pointer) => (before, after) switch
    {
        (JsonObject one, JsonObject other) => one.Select(property => property.Key).Union(other.Select(property => property.Key), StringComparer.Ordinal)
            .SelectMany(key => one.ContainsKey(key) != other.ContainsKey(key) ? [JsonPointer.Append(pointer, key)] : Find(one[key], other[key], JsonPointer.Append(pointer, key))),
        (JsonArray one, JsonArray other) when one.Count == other.Count => Enumerable.Range(0, one.Count).SelectMany(i => Find(one[i], other[i], JsonPointer.Append(pointer, i))),
        _ => JsonNode.DeepEquals(before, after) ? [] : [pointer],
    };
}
