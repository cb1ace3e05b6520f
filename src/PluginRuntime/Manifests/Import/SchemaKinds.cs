using System.Text.Json;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Import;

/// <summary>Of which types the values of a schema may be, as far as it says so plainly.</summary>
internal sealed class SchemaKinds(OpenApiDocument document)
{
    internal const JsonTypes Plain = JsonTypes.String | JsonTypes.Number | JsonTypes.Integer | JsonTypes.Boolean;

    private const JsonTypes All = Plain | JsonTypes.Null | JsonTypes.Object | JsonTypes.Array;

    // It is asked of parameters, which are simple; what is not is of any type.
    private const int MaxSteps = 100;

    internal JsonTypes Of(Located schema)
    {
        var steps = 0;
        return Of(schema, ref steps);
    }

    /// <summary>Of which types the items of its arrays may be.</summary>
    internal JsonTypes OfItems(Located schema) => document.Resolve(schema, new())?.Find("items") is { } items ? Of(items) : All;

    private JsonTypes Of(Located schema, ref int steps)
    {
        if (++steps > MaxSteps || document.Resolve(schema, new()) is not { Element.ValueKind: JsonValueKind.Object } resolved)
        {
            return All;
        }

        var types = TypesOf(resolved.Element);
        if (resolved.Find("allOf") is { } all)
        {
            foreach (var part in Parts(all))
            {
                types &= Of(part, ref steps);
            }
        }

        foreach (var keyword in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (resolved.Find(keyword) is { Element.ValueKind: JsonValueKind.Array } any && any.Element.GetArrayLength() > 0)
            {
                var union = default(JsonTypes);
                foreach (var part in Parts(any))
                {
                    union |= Of(part, ref steps);
                }

                types &= union;
            }
        }

        return types;
    }

    private static IEnumerable<Located> Parts(Located list) =>
        list.Element.ValueKind == JsonValueKind.Array ? list.Element.EnumerateArray().Take(MaxSteps + 1).Select((part, index) => list.At(index, part)) : [];

    private static JsonTypes TypesOf(JsonElement schema)
    {
        if (ImportText.Member(schema, "type") is { } type)
        {
            JsonElement[] named = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray()] : [type];
            var types = default(JsonTypes);
            foreach (var one in named)
            {
                types |= (one.ValueKind == JsonValueKind.String ? TypeKeyword.Parse(one.GetString()) : null) ?? All;
            }

            // An integer is a number, and a number may be an integer.
            return (types & (JsonTypes.Number | JsonTypes.Integer)) == 0 ? types : types | JsonTypes.Number | JsonTypes.Integer;
        }

        return ImportText.Member(schema, "properties") is not null ? JsonTypes.Object
            : ImportText.Member(schema, "items") is not null ? JsonTypes.Array
            : All;
    }
}
