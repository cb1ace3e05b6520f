using System.Buffers;
using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>
/// How an action of a manifest becomes a request: <c>method</c>, and <c>path</c>, <c>query</c>, <c>headers</c> and <c>body</c> with places
/// for the input's values. A place that is a whole text takes any value. A text goes with its key where the input has no value for it.
/// </summary>
internal sealed record RequestTemplate(
    string Method,
    string Path,
    IReadOnlyDictionary<string, JsonElement>? Query = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    JsonElement? Body = null)
{
    /// <summary>How many times a server may decode a path.</summary>
    private const int MaxRounds = 8;

    /// <summary>As deep as a manifest and an input together.</summary>
    private static readonly JsonDocumentOptions _deep = new() { MaxDepth = 128 };

    /// <returns>A request in which nothing is checked yet but that values stay in their places in the path.</returns>
    /// <exception cref="Sdk.ConnectorException">A value is missing, or may not stand where it would.</exception>
    internal RequestInput Expand(JsonElement input) => new(
        Method,
        TextTemplate.Expand(Path, input, Segment),
        Query?.Where(pair => !IsLacking(pair.Value, input)).ToDictionary(pair => pair.Key, pair => Fill(pair.Value, input)!.Value),
        Headers?.Where(pair => !TextTemplate.IsLacking(pair.Value, input))
            .ToDictionary(pair => pair.Key, pair => TextTemplate.Expand(pair.Value, input, text => text)),
        Body is { } body ? Fill(body, input) : null);

    private static string Segment(string value)
    {
        if (value is "." or "..")
        {
            throw HttpFailure.Input("A value in the path is '.' or '..', and would change which path it is.");
        }

        // Also once it is decoded: a server that folds slashes would see another path.
        var decoded = value;
        for (var round = 0; round <= MaxRounds; round++)
        {
            if (decoded.Split('/').Contains(""))
            {
                throw HttpFailure.Input("A value in the path is empty, or has an empty part, and would change which path it is.");
            }

            decoded = Uri.UnescapeDataString(decoded);
        }

        return Uri.EscapeDataString(value);
    }

    private static JsonElement? Fill(JsonElement template, JsonElement input)
    {
        if (template.ValueKind == JsonValueKind.String && TextTemplate.TryWhole(template.GetString()!, input, out var whole))
        {
            return whole;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, template, input);
        }

        return JsonElement.Parse(buffer.WrittenSpan, _deep);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement template, JsonElement input)
    {
        switch (template.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in template.EnumerateObject().Where(property => !IsGone(property.Value, input)))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value, input);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in template.EnumerateArray().Where(item => !IsGone(item, input)))
                {
                    Write(writer, item, input);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when TextTemplate.TryWhole(template.GetString()!, input, out var whole):
                whole!.Value.WriteTo(writer);
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(TextTemplate.Expand(template.GetString()!, input, text => text));
                break;
            default:
                template.WriteTo(writer);
                break;
        }
    }

    private static bool IsGone(JsonElement template, JsonElement input) =>
        template.ValueKind == JsonValueKind.String
        && (TextTemplate.TryWhole(template.GetString()!, input, out var whole) ? whole is null : IsLacking(template, input));

    private static bool IsLacking(JsonElement template, JsonElement input) =>
        template.ValueKind == JsonValueKind.String && TextTemplate.IsLacking(template.GetString()!, input);
}
