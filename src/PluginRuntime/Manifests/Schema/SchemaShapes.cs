using System.Collections.Frozen;
using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Every keyword of JSON Schema 2020-12, and where schemas stand in it.</summary>
internal static class SchemaShapes
{
    private static readonly FrozenSet<string> _single = FrozenSet.Create(
        StringComparer.Ordinal,
        "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema");

    private static readonly FrozenSet<string> _list = FrozenSet.Create(StringComparer.Ordinal, "allOf", "anyOf", "oneOf", "prefixItems");

    private static readonly FrozenSet<string> _map = FrozenSet.Create(
        StringComparer.Ordinal, "$defs", "definitions", "properties", "patternProperties", "dependentSchemas");

    private static readonly FrozenSet<string> _others = FrozenSet.Create(
        StringComparer.Ordinal,
        "$schema", "$id", "$anchor", "$dynamicAnchor", "$ref", "$dynamicRef", "$vocabulary", "$comment", "title", "description", "default",
        "examples", "deprecated", "readOnly", "writeOnly", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems",
        "minContains", "maxContains", "minProperties", "maxProperties", "required", "dependentRequired", "contentEncoding",
        "contentMediaType");

    internal static bool IsKnown(string keyword) => IsSingle(keyword) || IsList(keyword) || IsMap(keyword) || _others.Contains(keyword);

    /// <summary>Whether the keyword's value is a schema.</summary>
    internal static bool IsSingle(string keyword) => _single.Contains(keyword);

    /// <summary>Whether it is an array of schemas.</summary>
    internal static bool IsList(string keyword) => _list.Contains(keyword);

    /// <summary>Whether it is an object of schemas by name.</summary>
    internal static bool IsMap(string keyword) => _map.Contains(keyword);

    /// <summary>The schemas right inside a schema, with their pointers into the document.</summary>
    internal static IEnumerable<(string Pointer, JsonElement Element)> Children(string pointer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var property in schema.EnumerateObject())
        {
            var at = JsonPointer.Append(pointer, property.Name);
            if (IsSingle(property.Name))
            {
                yield return (at, property.Value);
            }
            else if (IsList(property.Name) && property.Value.ValueKind == JsonValueKind.Array)
            {
                var index = 0;
                foreach (var item in property.Value.EnumerateArray())
                {
                    yield return (JsonPointer.Append(at, index++), item);
                }
            }
            else if (IsMap(property.Name) && property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in property.Value.EnumerateObject())
                {
                    yield return (JsonPointer.Append(at, member.Name), member.Value);
                }
            }
        }
    }
}
