using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>An operation of a description.</summary>
internal sealed record DescribedOperation(string Path, string Method, JsonObject Description)
{
    public string Name => Description["operationId"]!.GetValue<string>();
}

/// <summary>An OpenAPI document, and what it says about answers.</summary>
internal sealed class DescribedApi
{
    private const string Reference = "#/components/";
    private const string ProblemType = "application/problem+json";

    // A connector's own manifest may say more; and what others extend is closed where it is extended.
    private static readonly string[] _open = ["Manifest", "Health"];

    private readonly JsonObject _document;
    private readonly string _definitions;
    private readonly Dictionary<string, JsonSchema> _compiled = new(StringComparer.Ordinal);

    public DescribedApi(string text)
    {
        _document = JsonNode.Parse(text)!.AsObject();
        var schemas = _document["components"]!["schemas"]!.DeepClone().AsObject();
        foreach (var (_, schema) in schemas.Where(pair => !_open.Contains(pair.Key) && !pair.Key.Contains('.', StringComparison.Ordinal)))
        {
            Close(schema);
        }

        _definitions = Moved(schemas);
        Operations = [.. _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(
            operation => new DescribedOperation(path.Key, operation.Key.ToUpperInvariant(), operation.Value!.AsObject())))];
    }

    public IReadOnlyList<DescribedOperation> Operations { get; }

    /// <summary>What a reference stands for; anything else stands for itself.</summary>
    public JsonNode? Resolve(JsonNode? node)
    {
        while (node is JsonObject { } reference && reference["$ref"] is JsonValue target && target.GetValue<string>() is { } pointer
            && pointer.StartsWith(Reference, StringComparison.Ordinal))
        {
            node = _document["components"];
            foreach (var segment in pointer[Reference.Length..].Split('/'))
            {
                var name = segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                node = node is JsonArray array ? array[int.Parse(name, CultureInfo.InvariantCulture)] : node![name];
            }
        }

        return node;
    }

    /// <returns>Null when the answer is one that the document allows.</returns>
    public string? WrongWith(GeneratedRequest request, RawHttp.Answer answer)
    {
        if (answer.Status is 0 or (>= 400 and < 500) or 505 && !request.IsHttp && answer.Type is null)
        {
            return null;
        }

        if (answer.Status is 0 or 500 or 501)
        {
            return answer.Status == 0 ? "the connection was cut" : "a failure of the host";
        }

        if (answer.Type == ProblemType && WrongProblem(answer) is { } wrong)
        {
            return wrong;
        }

        if (request.Operation is not { } operation)
        {
            return answer.Type == ProblemType || answer.Status is >= 200 and < 300 ? null : "neither a success nor a problem";
        }

        var responses = operation.Description["responses"]!.AsObject();
        if (Resolve(responses[answer.Status.ToString(CultureInfo.InvariantCulture)] ?? responses["default"]) is not JsonObject response)
        {
            return "a status that is not described";
        }

        if (request.Method == "HEAD")
        {
            return null;
        }

        return response["content"] is not JsonObject content ? answer.Body.Length == 0 ? null : "a body that is not described"
            : answer.Type is null || content[answer.Type] is not JsonObject described ? $"a content type that is not described for this status: {answer.Type}"
            : answer.Type.EndsWith("/json", StringComparison.Ordinal) || answer.Type.EndsWith("+json", StringComparison.Ordinal) ? WrongBody(described["schema"]!, answer.Body)
            : null;
    }

    private string? WrongProblem(RawHttp.Answer answer)
    {
        if (answer.Body.Length == 0)
        {
            return null;
        }

        if (WrongBody(new JsonObject { ["$ref"] = "#/components/schemas/Problem" }, answer.Body) is { } wrong)
        {
            return wrong;
        }

        var problem = JsonElement.Parse(answer.Body);
        var code = problem.GetProperty("code").GetString()!;
        return !ProblemTable.All.TryGetValue(code, out var row) ? $"a code that is not catalogued: {code}"
            : row.Status != answer.Status || problem.GetProperty("status").GetInt32() != answer.Status ? $"another status than {code} has"
            : problem.GetProperty("detail").GetString()!.Length == 0 ? "an empty detail"
            : null;
    }

    private string? WrongBody(JsonNode schema, byte[] body)
    {
        var errors = Compiled(schema).Validate(body);
        return errors.Count == 0 ? null : $"a body that breaks its schema: {string.Join("; ", errors.Take(5))}";
    }

    private JsonSchema Compiled(JsonNode schema)
    {
        var closed = schema.DeepClone();
        Close(closed);
        var text = Moved(closed);
        lock (_compiled)
        {
            if (!_compiled.TryGetValue(text, out var compiled))
            {
                var result = JsonSchema.Compile(JsonElement.Parse($$"""{"allOf":[{{text}}],"$defs":{{_definitions}}}"""));
                Assert.Empty(result.Errors);
                _compiled[text] = compiled = result.Schema!;
            }

            return compiled;
        }
    }

    /// <summary>Answers hold nothing that is not described; clients may not count on that, so the document does not say so.</summary>
    private static void Close(JsonNode? schema)
    {
        if (schema is not JsonObject found)
        {
            return;
        }

        if (found["properties"] is JsonObject properties)
        {
            found["additionalProperties"] ??= false;
            foreach (var (_, property) in properties)
            {
                Close(property);
            }
        }

        if (found["allOf"] is not null)
        {
            found["unevaluatedProperties"] ??= false;
        }

        Close(found["items"]);
        foreach (var choice in (found["anyOf"] ?? found["oneOf"])?.AsArray() ?? [])
        {
            Close(choice);
        }
    }

    private static string Moved(JsonNode schema) => schema.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
}
