using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Tests.Manifests.Comparison;

/// <summary>Makes up schemas that compile, others that differ a little, and values that are near them. The same seed makes the same.</summary>
internal sealed class MadeSchemas(Random random)
{
    private static readonly string[] _types = ["null", "boolean", "object", "array", "number", "string", "integer"];
    private static readonly string[] _names = ["a", "b", "xa", "kind"];
    private static readonly string[] _patterns = ["^x", "a", "^[ab]"];
    private static readonly string[] _values = ["null", "true", "false", "0", "1", "2.5", "-3", "\"\"", "\"a\"", "\"ab\"", "\"xyz\"", "[]", "[1]", "{}", "{\"a\":1}"];
    private static readonly string[] _formats = ["date", "uuid", "path", "ipv4"];

    /// <summary>A schema, and one that was made of it by a few changes, or another one.</summary>
    internal (JsonElement Before, JsonElement After) Pair()
    {
        var before = Document();
        var after = Chance(12) ? Document() : before.DeepClone().AsObject();
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            Change(after);
        }

        return (JsonElement.Parse(before.ToJsonString()), JsonElement.Parse(after.ToJsonString()));
    }

    internal IEnumerable<JsonElement> Values(JsonElement schema, int count) =>
        Enumerable.Range(0, count).Select(_ => JsonElement.Parse(Chance(5) ? Value(2)?.ToJsonString() ?? "null" : Near(schema, schema, 6)?.ToJsonString() ?? "null"));

    private JsonObject Document()
    {
        var root = Schema(3);
        root["$defs"] = new JsonObject { ["d"] = Schema(2), ["e"] = Schema(1) };
        return root;
    }

    private JsonObject Schema(int depth)
    {
        var schema = new JsonObject();
        if (!Chance(4))
        {
            schema["type"] = Chance(3) ? new JsonArray([.. _types.Where(_ => Chance(3)).Append("string").Distinct().Select(type => (JsonNode)type)]) : Pick(_types);
        }

        for (var keywords = random.Next(1, 4); keywords > 0; keywords--)
        {
            Add(schema, depth);
        }

        return schema;
    }

    private JsonNode Sub(int depth) => Chance(15) ? JsonValue.Create(Chance(2)) : Schema(depth - 1);

    private void Add(JsonObject schema, int depth)
    {
        switch (random.Next(depth > 0 ? 27 : 14))
        {
            case 0: schema["enum"] = new JsonArray([.. Some(_values).Select(text => JsonNode.Parse(text))]); break;
            case 1: schema["const"] = JsonNode.Parse(Pick(_values)); break;
            case 2: schema[Pick("minimum", "exclusiveMinimum")] = random.Next(-4, 3); break;
            case 3: schema[Pick("maximum", "exclusiveMaximum")] = random.Next(0, 5); break;
            case 4: schema["multipleOf"] = Pick(1, 2, 4); break;
            case 5: schema["minLength"] = random.Next(3); break;
            case 6: schema["maxLength"] = random.Next(1, 4); break;
            case 7: schema["pattern"] = Pick(_patterns); break;
            case 8: schema["format"] = Pick(_formats); break;
            case 9: schema[Pick("minItems", "minProperties")] = random.Next(3); break;
            case 10: schema[Pick("maxItems", "maxProperties")] = random.Next(4); break;
            case 11: schema["uniqueItems"] = true; break;
            case 12: schema["required"] = new JsonArray([.. Some(_names).Select(name => (JsonNode)name)]); break;
            case 13: schema["dependentRequired"] = new JsonObject { [Pick(_names)] = new JsonArray(Pick(_names)) }; break;
            case 14 or 15 or 16: schema["properties"] = new JsonObject(Some(_names).Select(name => KeyValuePair.Create(name, (JsonNode?)Sub(depth)))); break;
            case 17: schema["additionalProperties"] = Chance(2) ? false : Sub(depth); break;
            case 18: schema["patternProperties"] = new JsonObject { [Pick(_patterns)] = Sub(depth) }; break;
            case 19: schema["items"] = Sub(depth); break;
            case 20: schema["prefixItems"] = new JsonArray(Sub(depth), Sub(depth)); break;
            case 21: schema[Pick("anyOf", "oneOf", "allOf")] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Sub(depth))]); break;
            case 22: schema["anyOf"] = new JsonArray(new JsonObject { ["type"] = "null" }, Sub(depth)); break;
            case 23: schema[Pick("not", "contains", "propertyNames")] = Sub(depth); break;
            case 24: (schema["if"], schema["then"], schema["else"]) = (Sub(depth), Sub(depth), Sub(depth)); break;
            case 25: schema[Pick("unevaluatedProperties", "unevaluatedItems")] = Chance(2) ? false : Sub(depth); break;

            // Below a name, or the document could refer to itself in place.
            default: schema["properties"] = new JsonObject { [Pick(_names)] = new JsonObject { ["$ref"] = Pick("#/$defs/d", "#/$defs/e", "#") } }; break;
        }
    }

    /// <summary>Changes one schema of a document: adds or replaces a keyword, takes one away, or changes a number or a list a little.</summary>
    private void Change(JsonObject document)
    {
        var all = Below(document).ToList();
        var schema = Pick(all.ToArray());
        var keywords = schema.Select(keyword => keyword.Key).Where(keyword => keyword is not ("$defs" or "$ref")).ToArray();
        var keyword = keywords.Length == 0 ? "" : Pick(keywords);
        switch (random.Next(5))
        {
            case 0 when keyword.Length > 0:
                schema.Remove(keyword);
                break;
            case 1 or 2 when schema[keyword] is JsonValue value && value.TryGetValue<int>(out var number) && keyword is not "const":
                schema[keyword] = Math.Max(keyword is "multipleOf" ? 1 : keyword.StartsWith('m') && keyword is not ("minimum" or "maximum") ? 0 : int.MinValue, number + Pick(-1, 1));
                break;
            case 1 or 2 or 3 when keyword is "enum" or "required" or "type" && schema[keyword] is JsonArray { Count: > 1 } list:
                list.RemoveAt(random.Next(list.Count));
                break;
            default:
                Add(schema, 1);
                break;
        }
    }

    private static IEnumerable<JsonObject> Below(JsonNode? node) => node switch
    {
        JsonObject schema => schema.SelectMany(keyword => keyword.Key switch
        {
            "properties" or "patternProperties" or "$defs" => keyword.Value!.AsObject().SelectMany(member => Below(member.Value)),
            "enum" or "const" or "type" or "required" or "dependentRequired" => [],
            _ => keyword.Value is JsonArray list ? list.SelectMany(Below) : Below(keyword.Value),
        }).Prepend(schema),
        _ => [],
    };

    /// <summary>A value that a schema may accept: most of it by its keywords, with some of it by chance.</summary>
    private JsonNode? Near(JsonElement schema, JsonElement document, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth == 0)
        {
            return Value(1);
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Near(reference.GetString() is ['#', '/', .. var path] ? path.Split('/').Aggregate(document, (at, token) => at.GetProperty(token)) : document, document, depth - 1);
        }

        if (schema.TryGetProperty("const", out var only))
        {
            return JsonNode.Parse(only.GetRawText());
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            return JsonNode.Parse(Pick(values.EnumerateArray().ToArray()).GetRawText());
        }

        foreach (var keyword in (string[])["anyOf", "oneOf", "allOf"])
        {
            if (schema.TryGetProperty(keyword, out var branches) && Chance(2))
            {
                return Near(Pick(branches.EnumerateArray().ToArray()), document, depth - 1);
            }
        }

        var type = !schema.TryGetProperty("type", out var types) ? Pick(_types)
            : types.ValueKind == JsonValueKind.String ? types.GetString()! : Pick(types.EnumerateArray().ToArray()).GetString()!;
        return type switch
        {
            "object" => NearObject(schema, document, depth),
            "array" => NearArray(schema, document, depth),
            "null" => null,
            "boolean" => Chance(2),
            "integer" => random.Next(-4, 6),
            "number" => random.Next(-8, 12) / 2m,
            _ => Text(schema),
        };
    }

    private JsonObject NearObject(JsonElement schema, JsonElement document, int depth)
    {
        var made = new JsonObject();
        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject().Where(_ => !Chance(3)))
            {
                made[property.Name] = Near(property.Value, document, depth - 1);
            }
        }

        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(name => name.GetString()!).Where(name => !made.ContainsKey(name)))
            {
                made[name] = schema.TryGetProperty("properties", out var known) && known.TryGetProperty(name, out var named) ? Near(named, document, depth - 1) : Value(1);
            }
        }

        if (Chance(3))
        {
            made[Pick(_names)] = schema.TryGetProperty("additionalProperties", out var additional) ? Near(additional, document, depth - 1) : Value(1);
        }

        return made;
    }

    private JsonArray NearArray(JsonElement schema, JsonElement document, int depth)
    {
        var prefix = schema.TryGetProperty("prefixItems", out var listed) ? listed.EnumerateArray().ToArray() : [];
        return [.. Enumerable.Range(0, random.Next(4)).Select(index =>
            index < prefix.Length ? Near(prefix[index], document, depth - 1) : schema.TryGetProperty("items", out var items) ? Near(items, document, depth - 1) : Value(1))];
    }

    private string Text(JsonElement schema)
    {
        if (schema.TryGetProperty("format", out var format) && !Chance(3))
        {
            return format.GetString() switch { "date" => "2024-02-29", "uuid" => "01234567-89ab-cdef-0123-456789abcdef", "ipv4" => "127.0.0.1", _ => "x/a" };
        }

        return string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pick("a", "b", "x")));
    }

    private JsonNode? Value(int depth) => depth > 0 && Chance(3)
        ? new JsonObject(Some(_names).Select(name => KeyValuePair.Create(name, Value(depth - 1))))
        : JsonNode.Parse(Pick(_values));

    private bool Chance(int of) => random.Next(of) == 0;

    private T Pick<T>(params T[] all) => all[random.Next(all.Length)];

    private string[] Some(string[] all) => [.. all.Where(_ => Chance(2)).Append(Pick(all)).Distinct()];
}
