using System.Text.Json;
using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>A schema at its place in a document.</summary>
internal readonly record struct SchemaPlace(SchemaSource Source, string Pointer, JsonElement Element)
{
    internal const JsonTypes AllTypes =
        JsonTypes.Null | JsonTypes.Boolean | JsonTypes.Object | JsonTypes.Array | JsonTypes.Number | JsonTypes.String | JsonTypes.Integer;

    internal bool IsFalse => Element.ValueKind == JsonValueKind.False;

    /// <summary>Whether it surely accepts every value.</summary>
    internal bool IsAnything =>
        Element.ValueKind == JsonValueKind.True || (Element.ValueKind == JsonValueKind.Object && Element.EnumerateObject().All(keyword => IsAnnotation(keyword.Name)));

    /// <summary>What <c>type</c> names. <see cref="JsonTypes.Number"/> alone is those that are no integers.</summary>
    internal JsonTypes Types
    {
        get
        {
            if (Get("type") is not { } type)
            {
                return AllTypes;
            }

            var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToArray() : [type];
            var named = types.Aggregate(default(JsonTypes), (all, one) => all | (TypeKeyword.Parse(one.GetString()) ?? default));
            return (named & JsonTypes.Number) != 0 ? named | JsonTypes.Integer : named;
        }
    }

    /// <summary>The values of <c>const</c> or <c>enum</c>; null without them.</summary>
    internal IReadOnlyList<JsonElement>? Values => Get("const") is { } value ? [value] : Get("enum") is { } values ? [.. values.EnumerateArray()] : null;

    internal static bool IsAnnotation(string keyword) => keyword is "title" or "description" or "default" or "examples" or "deprecated" or "readOnly" or "writeOnly"
        or "$comment" or "$schema" or "$id" or "$defs" or "definitions" or "$vocabulary" or "contentEncoding" or "contentMediaType" or "contentSchema";

    internal static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Number => JsonNumber.Of(value).IsInteger ? JsonTypes.Integer : JsonTypes.Number,
        _ => JsonTypes.String,
    };

    internal JsonElement? Get(string keyword) => Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(keyword, out var value) ? value : null;

    internal bool Has(string keyword) => Get(keyword) is not null;

    internal string? Text(string keyword) => Get(keyword)?.GetString();

    internal JsonNumber? Number(string keyword) => Get(keyword) is { } value ? JsonNumber.Of(value) : null;

    internal long? Count(string keyword) => Number(keyword) is { } number && number.TryGetCount(out var count) ? count : null;

    internal IEnumerable<string> Names(string keyword) => Get(keyword) is { } names ? names.EnumerateArray().Select(name => name.GetString()!) : [];

    internal SchemaPlace? Child(string keyword) =>
        Get(keyword) is { } schema ? new SchemaPlace(Source, JsonPointer.Append(Pointer, keyword), schema) : null;

    internal IReadOnlyList<SchemaPlace> List(string keyword)
    {
        var (source, at) = (Source, JsonPointer.Append(Pointer, keyword));
        return Get(keyword) is { } schemas ? [.. schemas.EnumerateArray().Select((schema, index) => new SchemaPlace(source, JsonPointer.Append(at, index), schema))] : [];
    }

    internal IEnumerable<(string Name, SchemaPlace Schema)> Map(string keyword)
    {
        var (source, at) = (Source, JsonPointer.Append(Pointer, keyword));
        return Get(keyword) is { } schemas
            ? schemas.EnumerateObject().Select(member => (member.Name, new SchemaPlace(source, JsonPointer.Append(at, member.Name), member.Value)))
            : [];
    }

    internal SchemaPlace? Member(string keyword, string name) => Get(keyword) is { } schemas && schemas.TryGetProperty(name, out var schema)
        ? new SchemaPlace(Source, JsonPointer.Append(JsonPointer.Append(Pointer, keyword), name), schema)
        : null;
}
