using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>A schema document, and what its references lead to.</summary>
internal sealed class SchemaSource(JsonElement document)
{
    private readonly Dictionary<string, JsonSchema?> _compiled = new(StringComparer.Ordinal);

    internal SchemaPlace Root => new(this, "", document);

    /// <summary>Whether all its references are JSON Pointers into it.</summary>
    internal bool IsPlain => IsPlainBelow(document, isRoot: true);

    /// <summary>What a reference points to; null for nothing.</summary>
    internal SchemaPlace? Resolve(string reference)
    {
        var pointer = Uri.UnescapeDataString(reference[1..]);
        if (!JsonPointer.TrySplit(pointer, out var tokens))
        {
            return null;
        }

        var (at, element) = ("", document);
        foreach (var token in tokens)
        {
            at = JsonPointer.Append(at, token);
            if (element.ValueKind == JsonValueKind.Array && int.TryParse(token, out var index) && index < element.GetArrayLength())
            {
                element = element[index];
            }
            else if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(token, out element))
            {
                return null;
            }
        }

        return new(this, at, element);
    }

    /// <summary>Whether the schema at a place accepts a value; null when that cannot be told.</summary>
    internal bool? Accepts(SchemaPlace place, JsonElement value)
    {
        if (!_compiled.TryGetValue(place.Pointer, out var schema))
        {
            _compiled[place.Pointer] = schema = Compile(place.Pointer);
        }

        return schema is null ? null : schema.Validate(value).Count == 0;
    }

    private JsonSchema? Compile(string pointer)
    {
        if (pointer.Length == 0)
        {
            return JsonSchema.Compile(document).Schema;
        }

        // The document as a resource of its own in another one: so its references stay what they are.
        const string Id = "urn:compared";
        var inner = JsonNode.Parse(document.GetRawText())!.AsObject();
        inner["$id"] = Id;
        var outer = new JsonObject
        {
            ["$ref"] = $"{Id}#{string.Join('/', pointer.Split('/').Select(Uri.EscapeDataString))}",
            ["$defs"] = new JsonObject { ["compared"] = inner },
        };
        return JsonSchema.Compile(JsonElement.Parse(outer.ToJsonString())).Schema;
    }

    private static bool IsPlainBelow(JsonElement element, bool isRoot) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().All(item => IsPlainBelow(item, isRoot: false)),
        JsonValueKind.Object => element.EnumerateObject().All(property => property.Name switch
        {
            "$id" => isRoot,
            "$anchor" or "$dynamicAnchor" or "$dynamicRef" => false,
            "$ref" when property.Value.ValueKind == JsonValueKind.String => property.Value.GetString() is "#" or ['#', '/', ..],
            _ => IsPlainBelow(property.Value, isRoot: false),
        }),
        _ => true,
    };
}
