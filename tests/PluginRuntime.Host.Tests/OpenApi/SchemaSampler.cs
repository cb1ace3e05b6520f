using System.Text.Json.Nodes;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>Makes values that a schema accepts, out of what the API under test knows where the name of a property says so.</summary>
internal sealed class SchemaSampler(DescribedApi api, Random random)
{
    private const int Deepest = 6;

    private static readonly Dictionary<string, string[]> _known = new(StringComparer.Ordinal)
    {
        ["connector"] = ["demo", "demo", "sqlite", "http", "custom_connector", "none"],
        ["type"] = ["none", "bearer", "demo"],
        ["instance"] = ["fixed", "made", "files", "none"],
        ["action"] = ["echo", "time", "slow", "query", "none"],
        ["version"] = ["1.0.0", "^1.0", "*", "9.9.9"],
        ["id"] = ["demo", "custom_connector", "made.none"],
        ["level"] = ["information", "warning", "debug"],
        ["connectors"] = ["http", "*"],
        ["hosts"] = ["api.example.com", "*.example.com"],
        ["credentials"] = ["crm", "none"],
        ["host"] = ["127.0.0.1", "localhost"],
        ["for"] = ["5s", "1m"],
        ["tokenUrl"] = ["https://127.0.0.1:1/token"],
        ["baseUrl"] = ["http://127.0.0.1:1"],
        ["expires"] = ["2999-01-01T00:00:00Z"],
    };

    public JsonNode? Sample(JsonNode? schema, string name = "", int depth = 0)
    {
        if (api.Resolve(schema) is not JsonObject found)
        {
            return Any(depth);
        }

        if (found["const"] is { } constant)
        {
            return constant.DeepClone();
        }

        if (found["enum"] is JsonArray values)
        {
            return Pick(values)?.DeepClone();
        }

        if ((found["anyOf"] ?? found["oneOf"]) is JsonArray choices)
        {
            return Sample(Pick(choices), name, depth);
        }

        var type = found["type"] switch
        {
            JsonArray types => Pick(types)!.GetValue<string>(),
            JsonValue single => single.GetValue<string>(),
            _ => "",
        };
        return type switch
        {
            "object" => Object(found, depth),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(found["minItems"] is null ? 0 : 1, 4)).Select(_ => Sample(found["items"], name, depth + 1))]),
            "integer" => Whole(found, name),
            "number" => random.NextDouble(),
            "boolean" => random.Next(2) == 0,
            "null" => null,
            "string" => Text(found, name),
            _ => Any(depth),
        };
    }

    private JsonObject Object(JsonObject schema, int depth)
    {
        var required = schema["required"]?.AsArray().Select(item => item!.GetValue<string>()).ToList() ?? [];
        var made = new JsonObject();
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
        {
            if (required.Contains(name) || (depth < Deepest && random.Next(4) == 0))
            {
                made[name] = Sample(property, name, depth + 1);
            }
        }

        return made;
    }

    /// <summary>What counts time stays short, and so do pools.</summary>
    private JsonValue Whole(JsonObject schema, string name)
    {
        var least = schema["minimum"]?.GetValue<int>() ?? 0;
        var most = name is "milliseconds" ? 50 : Math.Min(schema["maximum"]?.GetValue<int>() ?? 10, 1_000);
        return JsonValue.Create(random.Next(least, most + 1));
    }

    private JsonNode Text(JsonObject schema, string name) =>
        _known.TryGetValue(name, out var known) ? known[random.Next(known.Length)]
        : schema["examples"] is JsonArray examples ? Pick(examples)!.DeepClone()
        : $"made-{random.Next(20)}";

    private JsonNode? Any(int depth) => random.Next(depth < Deepest ? 7 : 5) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.Next(-1_000, 1_000),
        3 => "text é 😀",
        4 => random.NextDouble() * 1e6,
        5 => new JsonArray(Any(depth + 1), Any(depth + 1)),
        _ => new JsonObject { ["a"] = Any(depth + 1), ["b"] = Any(depth + 1) },
    };

    private JsonNode? Pick(JsonArray values) => values[random.Next(values.Count)];
}
