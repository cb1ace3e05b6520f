using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Makes values that a schema of a document describes: read for itself, and not by what the library reads with.</summary>
internal sealed class SchemaSample(JsonElement root)
{
    private const int DeepestOptional = 3;
    private const int Deepest = 12;

    // One for each pattern that a document of these tests has.
    private static readonly string[] _patterned =
    [
        "a", "stable", "a1b2", "abcd", "#fff", "2026-01-02T03:04:05Z", "1.0.0", "se-1", "text.json", "github", "issue", "rdme_a", "a_token_1", "pkg:a", "https://example.com/a",
        "0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567", "6f3b1c1e-8d0a-4a57-9b5e-0f7a0f0f1a2b", "refs/heads/a", "ssh-rsa a",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "prefix_0123456789abcdef0123456789abcdef", "updated_secret_0123456789ABCDEF",
        "/projects/me", "/projects/me/apikeys/0123456789abcdef01234567", "/branches/stable", "/versions/1.0/guides/a", "/versions/1.0/apis/a.json",
        "/versions/1.0/categories/guides/a", "/versions/1.0/custom_pages/a", "/versions/1.0/recipes/a", "/changelogs/a", "/images/0123456789abcdef01234567",
    ];

    internal JsonNode? Of(JsonElement schema) => Make(JsonNode.Parse(schema.GetRawText()), 0);

    /// <summary>What stands at a reference, or the element itself.</summary>
    internal JsonElement Resolve(JsonElement element)
    {
        while (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
        {
            element = Find(reference.GetString()!);
        }

        return element;
    }

    private JsonElement Find(string reference) =>
        Uri.UnescapeDataString(reference).Split('/')[1..]
            .Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
            .Aggregate(root, (element, token) => element.GetProperty(token));

    private JsonNode? Make(JsonNode? given, int depth)
    {
        if (given is not JsonObject || depth > Deepest)
        {
            return "any";
        }

        var schema = Flatten(given.AsObject());
        if (schema["const"] is { } value)
        {
            return value.DeepClone();
        }

        if (schema["enum"] is JsonArray { Count: > 0 } values)
        {
            return values[0]?.DeepClone();
        }

        var type = schema["type"] switch
        {
            JsonArray types => types.Select(one => one!.GetValue<string>()).FirstOrDefault(one => one != "null"),
            JsonValue one => one.GetValue<string>(),
            _ => schema["properties"] is not null ? "object" : schema["items"] is not null ? "array" : "string",
        };
        return type switch
        {
            "object" => MakeObject(schema, depth),
            "array" => MakeArray(schema, depth),
            "boolean" => true,
            "integer" => MakeNumber(schema, 1),
            "number" => MakeNumber(schema, 1.5),
            "null" or null => null,
            _ => MakeText(schema),
        };
    }

    /// <summary>One schema without references and alternatives: all parts of allOf, and the first one of others.</summary>
    private JsonObject Flatten(JsonObject schema)
    {
        var flat = new JsonObject();
        Merge(flat, schema, 0);
        return flat;
    }

    private void Merge(JsonObject flat, JsonObject schema, int depth)
    {
        Assert.InRange(depth, 0, 50);
        if (schema["$ref"] is { } reference && JsonNode.Parse(Find(reference.GetValue<string>()).GetRawText()) is JsonObject target)
        {
            Merge(flat, target, depth + 1);
        }

        foreach (var (keyword, value) in schema)
        {
            switch (keyword)
            {
                case "$ref":
                    break;
                case "properties" when flat["properties"] is JsonObject properties:
                    foreach (var (name, property) in value!.AsObject())
                    {
                        properties[name] = property?.DeepClone();
                    }

                    break;
                case "required" when flat["required"] is JsonArray required:
                    foreach (var name in value!.AsArray())
                    {
                        required.Add(name?.DeepClone());
                    }

                    break;
                case "allOf":
                    foreach (var part in value!.AsArray())
                    {
                        Merge(flat, part!.AsObject(), depth + 1);
                    }

                    break;
                case "anyOf" or "oneOf":
                    Merge(flat, value!.AsArray().First(part => part!["type"]?.ToString() != "null")!.AsObject(), depth + 1);
                    break;
                default:
                    flat[keyword] = value?.DeepClone();
                    break;
            }
        }
    }

    private JsonObject MakeObject(JsonObject schema, int depth)
    {
        var required = (schema["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        var made = new JsonObject();
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            if (required.Remove(name) || depth < DeepestOptional)
            {
                made[name] = Make(property, depth + 1);
            }
        }

        foreach (var name in required)
        {
            made[name] = Make(schema["additionalProperties"], depth + 1);
        }

        return made;
    }

    private JsonArray MakeArray(JsonObject schema, int depth)
    {
        var least = schema["minItems"]?.GetValue<int>() ?? 0;
        var count = Math.Max(least, depth < DeepestOptional ? 1 : 0);
        return [.. Enumerable.Range(0, count).Select(_ => Make(schema["items"], depth + 1))];
    }

    private static JsonNode MakeNumber(JsonObject schema, double fallback)
    {
        var number = schema["minimum"]?.GetValue<double>() ?? schema["maximum"]?.GetValue<double>() ?? fallback;
        return schema["exclusiveMinimum"]?.GetValueKind() is null or JsonValueKind.False ? number : number + 1;
    }

    private static string MakeText(JsonObject schema)
    {
        if (schema["pattern"]?.ToString() is { } pattern)
        {
            return _patterned.First(candidate => Regex.IsMatch(candidate, pattern, RegexOptions.ECMAScript));
        }

        var text = schema["format"]?.ToString() switch
        {
            "date-time" => "2026-01-02T03:04:05Z",
            "date" => "2026-01-02",
            "uuid" => "6f3b1c1e-8d0a-4a57-9b5e-0f7a0f0f1a2b",
            "uri" => "https://example.com/a",
            "email" => "a@example.com",
            "ipv4" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "hostname" => "example.com",
            _ => "text",
        };
        text = text.PadRight(schema["minLength"]?.GetValue<int>() ?? 0, 'x');
        return schema["maxLength"]?.GetValue<int>() is { } most && text.Length > most ? text[..most] : text;
    }
}
