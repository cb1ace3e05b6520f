using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing;

/// <summary>The parts of a schema.</summary>
internal static class SubSchemas
{
    private static readonly string[] _single = ["items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames", "unevaluatedProperties", "unevaluatedItems"];
    private static readonly string[] _lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
    private static readonly string[] _maps = ["properties", "patternProperties", "$defs", "dependentSchemas"];

    /// <summary>Every schema right below one, with its place in it.</summary>
    internal static IEnumerable<(JsonElement Schema, string Place)> Of(JsonElement schema) =>
        _single.Where(keyword => Holds(schema, keyword, JsonValueKind.Object)).Select(keyword => (schema.GetProperty(keyword), $"/{keyword}"))
            .Concat(_lists.Where(keyword => Holds(schema, keyword, JsonValueKind.Array))
                .SelectMany(keyword => schema.GetProperty(keyword).EnumerateArray().Select((below, index) => (below, $"/{keyword}/{index}"))))
            .Concat(_maps.Where(keyword => Holds(schema, keyword, JsonValueKind.Object))
                .SelectMany(keyword => schema.GetProperty(keyword).EnumerateObject().Select(below => (below.Value, JsonPointer.Append($"/{keyword}", below.Name)))));

    /// <summary>Whether a schema names a type among those it accepts.</summary>
    internal static bool MayBe(JsonElement schema, string type) =>
        !schema.TryGetProperty("type", out var types)
        || (types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Any(one => one.ValueEquals(type)) : types.ValueEquals(type));

    /// <summary>A schema on its own, with the definitions of the document that it is a part of. Null where it does not compile like that.</summary>
    internal static JsonSchema? Compile(JsonElement root, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || JsonObject.Create(schema) is not { } part)
        {
            return null;
        }

        if (!part.ContainsKey("$defs") && root.TryGetProperty("$defs", out var definitions))
        {
            part["$defs"] = JsonNode.Parse(definitions.GetRawText());
        }

        using var document = JsonDocument.Parse(part.ToJsonString());
        return JsonSchema.Compile(document.RootElement).Schema;
    }

    private static bool Holds(JsonElement schema, string keyword, JsonValueKind kind) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(keyword, out var value) && value.ValueKind == kind;
}
