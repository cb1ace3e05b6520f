using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Inputs;

/// <summary>
/// Makes values up that a schema accepts: ordinary ones and those at its edges. What it makes of keywords that it does not look at
/// (patterns, conditions) is tried against the schema, and thrown away when that refuses it.
/// </summary>
internal sealed class InputGenerator(JsonElement schema, int seed)
{
    private const int Deepest = 5;

    /// <summary>Width grows with depth where several required parts refer back, so this is no more than one step further.</summary>
    private const int HardDepth = 8;
    private const int MostItems = 4;
    private const int LongestText = 64;

    /// <summary>So many tries for each value that is wanted; a schema that refuses all of them gets none.</summary>
    private const int TriesEach = 40;

    private static readonly string[] _texts =
    [
        "", " ", "a", "text", "é 😀 \u4e2d", "'; --", "\"quoted\"", "line\nbreak", "../..", "0", "-1", "true", "null", "<a>&amp;</a>", "%00", "{}", "a@b.example", "2024-02-29",
        "2024-02-29T12:00:00Z", "12:00:00Z", "00000000-0000-4000-8000-000000000000", "https://a.example/b?c=d", "127.0.0.1", "::1", "1.5", "10s",
    ];

    private readonly Random _random = new(seed);
    private readonly JsonSchema? _compiled = JsonSchema.Compile(schema).Schema;

    // What is made: the least of everything, the most, or anything.
    private Extent _extent;

    private enum Extent
    {
        Any,
        Least,
        Most,
    }

    /// <summary>The least that the schema accepts comes first, then the most that is made up, then others.</summary>
    /// <returns>At most <paramref name="count"/> different values; fewer where the schema accepts few of those that are made up.</returns>
    internal IReadOnlyList<JsonElement> Draw(int count)
    {
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        for (var tries = 0; tries < count * TriesEach && found.Count < count; tries++)
        {
            _extent = tries switch { 0 => Extent.Least, 1 => Extent.Most, _ => Extent.Any };
            var value = Sample(schema, 0)?.ToJsonString() ?? "null";
            if (_compiled?.Validate(JsonElement.Parse(value)) is { Count: 0 })
            {
                found.TryAdd(value, JsonElement.Parse(value));
            }
        }

        return [.. found.Values];
    }

    private JsonNode? Sample(JsonElement part, int depth)
    {
        // A schema that refers to itself could go on for ever: what comes of this is refused, and another try made.
        if (depth > HardDepth)
        {
            return null;
        }

        if (part.ValueKind != JsonValueKind.Object)
        {
            return Anything(depth);
        }

        if (part.TryGetProperty("$ref", out var reference) && Follow(reference.GetString()!) is { } target)
        {
            return Sample(target, depth + 1);
        }

        if (part.TryGetProperty("const", out var constant))
        {
            return Node(constant);
        }

        if (part.TryGetProperty("enum", out var values))
        {
            return Node(values[_random.Next(values.GetArrayLength())]);
        }

        if (part.TryGetProperty("examples", out var examples) && examples.ValueKind == JsonValueKind.Array && examples.GetArrayLength() > 0 && Chance(3))
        {
            return Node(examples[_random.Next(examples.GetArrayLength())]);
        }

        foreach (var keyword in (string[])["anyOf", "oneOf"])
        {
            if (part.TryGetProperty(keyword, out var branches))
            {
                return Sample(Branch(branches, depth), depth + 1);
            }
        }

        return OfType(TypeOf(part, depth), part, depth);
    }

    /// <summary>Any; deep down one that leads no further, where there is one.</summary>
    private JsonElement Branch(JsonElement branches, int depth)
    {
        var all = branches.EnumerateArray().ToList();
        var ends = depth < Deepest ? [] : all.Where(branch => branch.ValueKind != JsonValueKind.Object || (!branch.TryGetProperty("$ref", out _) && !branch.TryGetProperty("properties", out _))).ToList();
        return ends.Count > 0 ? ends[_random.Next(ends.Count)] : all[_random.Next(all.Count)];
    }

    private JsonNode? OfType(string? type, JsonElement part, int depth) => type switch
    {
        "object" => Group(part, depth),
        "array" => List(part, depth),
        "string" => Text(part),
        "integer" => Whole(part),
        "number" => Chance(2) ? Whole(part) : Number(part),
        "boolean" => Chance(2),
        "null" => null,
        _ => Anything(depth),
    };

    private string? TypeOf(JsonElement part, int depth)
    {
        if (part.TryGetProperty("type", out var type))
        {
            return type.ValueKind != JsonValueKind.Array ? type.GetString()
                : depth >= Deepest && type.EnumerateArray().Any(one => one.ValueEquals("null")) ? "null"
                : type[_random.Next(type.GetArrayLength())].GetString();
        }

        return part.TryGetProperty("properties", out _) ? "object" : part.TryGetProperty("items", out _) ? "array" : null;
    }

    private JsonObject Group(JsonElement part, int depth)
    {
        var made = new JsonObject();
        var required = part.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        if (part.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject().Where(property => required.Contains(property.Name) || (depth < Deepest && IsMore(2))))
            {
                made[property.Name] = Sample(property.Value, depth + 1);
            }
        }

        if (part.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.Object && depth < Deepest)
        {
            for (var count = (int)Between(0, MostItems); count > 0; count--)
            {
                made[$"made-{count}"] = Sample(others, depth + 1);
            }
        }

        return made;
    }

    private JsonArray List(JsonElement part, int depth)
    {
        var least = Integer(part, "minItems") ?? 0;
        var most = Math.Min(Integer(part, "maxItems") ?? long.MaxValue, least + MostItems);
        var length = depth >= Deepest ? least : Between(least, most);
        var made = new JsonArray();
        for (var index = 0; index < length; index++)
        {
            made.Add(part.TryGetProperty("items", out var items) ? Sample(items, depth + 1) : Anything(depth + 1));
        }

        return made;
    }

    private JsonValue Text(JsonElement part)
    {
        var least = (int)Math.Min(Integer(part, "minLength") ?? 0, LongestText);
        var most = (int)Math.Min(Integer(part, "maxLength") ?? LongestText, LongestText);
        var known = _texts[_random.Next(_texts.Length)];
        return JsonValue.Create(
            _extent != Extent.Any || Chance(4) || known.Length < least ? new string((char)_random.Next('a', 'z' + 1), (int)Between(least, Math.Max(least, most))) : known);
    }

    private JsonValue Whole(JsonElement part)
    {
        var least = Bound(part, "minimum", "exclusiveMinimum", 1) ?? -1_000;
        var most = Bound(part, "maximum", "exclusiveMaximum", -1) ?? Math.Max(least, 0) + 1_000;
        return JsonValue.Create(_extent == Extent.Any && Chance(3) ? (Chance(2) ? least : most) : Between(least, Math.Max(least, most)));
    }

    private JsonValue Number(JsonElement part)
    {
        var least = Bound(part, "minimum", "exclusiveMinimum", 0) ?? -1_000;
        var most = Bound(part, "maximum", "exclusiveMaximum", 0) ?? Math.Max(least, 0) + 1_000;
        return JsonValue.Create(least + (_random.NextDouble() * (most - least)));
    }

    private JsonNode? Anything(int depth) => _random.Next(depth < Deepest ? 6 : 4) switch
    {
        0 => null,
        1 => Chance(2),
        2 => _random.Next(-1_000, 1_000),
        3 => _texts[_random.Next(_texts.Length)],
        4 => new JsonArray(Anything(depth + 1), Anything(depth + 1)),
        _ => new JsonObject { ["a"] = Anything(depth + 1) },
    };

    private JsonElement? Follow(string reference)
    {
        if (!reference.StartsWith('#') || !JsonPointer.TrySplit(reference[1..], out var tokens))
        {
            return null;
        }

        var target = schema;
        foreach (var token in tokens)
        {
            if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(token, out target))
            {
                return null;
            }
        }

        return target;
    }

    private static long? Bound(JsonElement part, string inclusive, string exclusive, int step) =>
        Integer(part, inclusive) ?? (Integer(part, exclusive) is { } bound ? bound + step : null);

    private static long? Integer(JsonElement part, string keyword) =>
        part.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt64(out var whole) ? whole : (long)Math.Clamp(value.GetDouble(), -1e15, 1e15)
            : null;

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());

    private long Between(long least, long most) => _extent switch
    {
        Extent.Least => least,
        Extent.Most => most,
        _ => _random.NextInt64(least, most == long.MaxValue ? most : most + 1),
    };

    /// <summary>Whether something that need not be there is.</summary>
    private bool IsMore(int oneIn) => _extent == Extent.Most || (_extent == Extent.Any && Chance(oneIn));

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;
}
