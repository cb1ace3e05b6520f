using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>
/// Makes requests out of a description: valid ones, and ones that are wrong in path, query, headers, body or framing. A request depends on the
/// seed and its index alone, so that one which shows a defect can be sent again.
/// </summary>
/// <param name="api">The description.</param>
/// <param name="seed">Makes the series another one.</param>
/// <param name="names">What there is to be put into paths, by the segment before and the name of the parameter, or by the latter alone.</param>
/// <param name="bodies">Bodies that are accepted, by the id of the operation.</param>
/// <param name="callers">Whose keys there are; the first is used most.</param>
internal sealed partial class RequestGenerator(
    DescribedApi api, int seed, IReadOnlyDictionary<string, string[]> names, IReadOnlyDictionary<string, string[]> bodies, IReadOnlyList<string> callers)
{
    private const int Big = 100_000;
    private const int Biggest = 1_000_000;

    public GeneratedRequest Make(int index)
    {
        var random = new Random(SeedOf(index));
        var operation = api.Operations[index % api.Operations.Count];
        var reached = operation;
        var (isHttp, isChunked) = (true, random.Next(6) == 0);
        var method = operation.Method;
        var headers = HeadersOf(operation, random);
        var target = Parameter().Replace(operation.Path, match => Segment(operation.Path[..match.Index], match.Groups[1].Value, random)) + QueryOf(operation, random);
        var body = BodyOf(operation, random, out var type);
        switch (random.Next(32))
        {
            case 0:
                target = target.Split('?')[0] + Pick(OddValues.Queries, random);
                break;
            case 1:
                (target, reached, isHttp) = (Broken(target, random), null, false);
                break;
            case 2:
                (method, reached) = (Pick(OddValues.Methods, random), null);
                break;
            case 3:
                headers.Add(Pick(OddValues.BreakingHeaders, random));
                isHttp = false;
                break;
            case 4:
                type = Pick(OddValues.ContentTypes, random);
                break;
            case 5:
                type = null;
                break;
            case 6:
                headers.Add(("Content-Encoding", random.Next(2) == 0 ? "gzip" : "br, deflate"));
                break;
            case 7:
                body = null;
                break;
            case 8 or 9:
                body = Garbage(body, random);
                break;
        }

        for (var i = random.Next(-3, 4); i > 0; i--)
        {
            var header = Pick(OddValues.Headers, random);
            if (header.Name != "Host" || !headers.Exists(other => other.Name == header.Name))
            {
                // Two hosts would be no HTTP.
                headers.Add(header);
            }
        }

        if (type is not null && (body is not null || random.Next(8) == 0))
        {
            headers.Add(("Content-Type", type));
        }

        var caller = random.Next(3) > 0 ? callers[0] : Pick(callers, random);
        return new(index, reached, method, target, headers, body, isChunked, isHttp, caller);
    }

    /// <summary>Unlike hash codes of the framework, the same in every process.</summary>
    private int SeedOf(int index) => unchecked((seed * 486_187_739) + (index * 16_777_619));

    private string Segment(string before, string name, Random random)
    {
        var known = names.GetValueOrDefault($"{before.TrimEnd('/').Split('/')[^1]}/{name}") ?? names.GetValueOrDefault(name);
        return known is not null && random.Next(8) == 0 ? Pick(OddValues.Segments, random) : Pick(known ?? ["none"], random);
    }

    private static string Broken(string target, Random random)
    {
        var segments = target.Split('?')[0].Split('/');
        segments[random.Next(1, segments.Length)] = Pick(OddValues.Breaking, random);
        return random.Next(8) switch
        {
            0 => target.Replace("/api/", "/API/", StringComparison.Ordinal),
            1 => target.Replace("/", "//", StringComparison.Ordinal),
            2 => target + "/",
            3 => "/api/./x/.." + target,
            _ => "/" + string.Join('/', segments.Skip(1)),
        };
    }

    private List<(string Name, string Value)> HeadersOf(DescribedOperation operation, Random random)
    {
        // Without it the events are a stream, which is not read.
        List<(string, string)> headers = operation.Name == "getEvents" && random.Next(8) > 0 ? [("Accept", "application/json")] : [];
        foreach (var parameter in ParametersOf(operation, "header").Where(_ => random.Next(4) == 0))
        {
            var name = parameter["name"]!.GetValue<string>();
            headers.Add((name, name == "Idempotency-Key" ? $"key-{random.Next(200)}" : $"{new SchemaSampler(api, random).Sample(parameter["schema"], name)}"));
        }

        return headers;
    }

    private string QueryOf(DescribedOperation operation, Random random)
    {
        var parts = ParametersOf(operation, "query").Where(_ => random.Next(4) == 0).Select(parameter =>
        {
            var name = parameter["name"]!.GetValue<string>();
            var value = new SchemaSampler(api, random).Sample(parameter["schema"], name);
            return $"{name}={Uri.EscapeDataString(value?.ToJsonString().Trim('"') ?? "")}";
        }).ToList();
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private IEnumerable<JsonObject> ParametersOf(DescribedOperation operation, string place) =>
        (operation.Description["parameters"]?.AsArray() ?? []).Select(api.Resolve).OfType<JsonObject>().Where(parameter => parameter["in"]!.GetValue<string>() == place);

    private byte[]? BodyOf(DescribedOperation operation, Random random, out string? type)
    {
        type = null;
        if (operation.Description["requestBody"]?["content"] is not JsonObject content)
        {
            return random.Next(12) == 0 ? "{}"u8.ToArray() : null;
        }

        var described = content.ElementAt(random.Next(content.Count));
        type = described.Key;
        if (!type.EndsWith("json", StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(new string('P', random.Next(2_000)));
        }

        var value = bodies.TryGetValue(operation.Name, out var known) && random.Next(5) > 0
            ? JsonNode.Parse(Pick(known, random))
            : new SchemaSampler(api, random).Sample(described.Value!["schema"]);
        return Encoding.UTF8.GetBytes(random.Next(3) > 0 ? value?.ToJsonString() ?? "null" : Spoilt(value, random));
    }

    private static string Spoilt(JsonNode? value, Random random)
    {
        var marks = new List<(string Mark, string Json)>();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            value = SpoiltOnce(value, random, marks);
        }

        return marks.Aggregate(value?.ToJsonString() ?? "null", (text, mark) => text.Replace($"\"{mark.Mark}\"", mark.Json, StringComparison.Ordinal));
    }

    /// <summary>Changes one place; what no tree can hold is marked there, and written in its text.</summary>
    private static JsonNode? SpoiltOnce(JsonNode? value, Random random, List<(string Mark, string Json)> marks)
    {
        string Marked(string json)
        {
            marks.Add(($"mark-{marks.Count}-", json));
            return marks[^1].Mark;
        }

        var places = Below(value).ToList();
        if (places.Count == 0 || random.Next(12) == 0)
        {
            return Marked(OddJson(random));
        }

        var (parent, key) = Pick(places, random);
        if (parent is JsonArray array)
        {
            var at = (int)key;
            if (random.Next(4) == 0)
            {
                array.Insert(at, Marked(OddJson(random)));
            }
            else
            {
                array[at] = Marked(OddJson(random));
            }

            return value;
        }

        var (node, name) = (parent.AsObject(), (string)key);
        switch (random.Next(8))
        {
            case 0:
                node.Remove(name);
                break;
            case 1:
                node[$"more-{random.Next(100)}"] = Marked(OddJson(random));
                break;
            case 2:
                node[name] = Marked($"{node[name]?.ToJsonString() ?? "null"},{JsonValue.Create(name).ToJsonString()}:{OddJson(random)}");
                break;
            case 3:
                var moved = node[name];
                node.Remove(name);
                node[name.ToUpperInvariant()] = moved;
                break;
            default:
                node[name] = Marked(OddJson(random));
                break;
        }

        return value;
    }

    private static IEnumerable<(JsonNode Parent, object Key)> Below(JsonNode? node) => node switch
    {
        JsonObject found => found.ToList().SelectMany(property => Below(property.Value).Prepend((found, property.Key))),
        JsonArray found => found.ToList().SelectMany((item, index) => Below(item).Prepend((found, index))),
        _ => [],
    };

    private static string OddJson(Random random) => Pick(OddValues.Json, random) switch
    {
        "{big}" => $"\"{new string('x', random.Next(10) == 0 ? Biggest : random.Next(Big))}\"",
        "{deep}" => Deep(random),
        var json => json,
    };

    private static string Deep(Random random)
    {
        var levels = random.Next(2) == 0 ? random.Next(55, 75) : random.Next(200, 5_000);
        return random.Next(2) == 0
            ? new string('[', levels) + new string(']', levels)
            : string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);
    }

    private static byte[] Garbage(byte[]? body, Random random)
    {
        body ??= "{}"u8.ToArray();
        var at = random.Next(body.Length + 1);
        return random.Next(9) switch
        {
            0 => body[..at],
            1 => [.. body[..at], 0xFF, .. body[at..]],
            2 => [.. body[..at], 0xED, 0xA0, 0x80, .. body[at..]],
            3 => [.. body[..at], 0, .. body[at..]],
            4 => [0xEF, 0xBB, 0xBF, .. body],
            5 => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body)),
            6 => [.. body, .. body],
            7 => [],
            _ => [.. "\x1f\x8b\x08"u8, .. Encoding.UTF8.GetBytes(new string('\u0001', random.Next(100)))],
        };
    }

    private static T Pick<T>(IReadOnlyList<T> values, Random random) => values[random.Next(values.Count)];

    [GeneratedRegex(@"\{([A-Za-z]+)\}")]
    private static partial Regex Parameter();
}
