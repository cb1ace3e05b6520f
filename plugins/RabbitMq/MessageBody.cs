using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>Bodies of messages, as JSON and back: the same forms that the bodies of the connector <c>http</c> have.</summary>
internal static class MessageBody
{
    /// <summary>The most bytes of a body that is published, and of all bodies that one call gets.</summary>
    internal const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Less than hosts take: the body lies three levels down.</summary>
    private const int MaxDepth = 60;

    /// <exception cref="Sdk.ConnectorException">The two do not fit together, or it is too large.</exception>
    internal static (byte[] Bytes, string? ContentType) From(JsonElement? body, string? contentType)
    {
        if (body is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            return ([], contentType);
        }

        MediaTypeHeaderValue? type = null;
        if (contentType is not null && !MediaTypeHeaderValue.TryParse(contentType, out type))
        {
            throw RabbitMqFailure.Input("'contentType' is no media type.");
        }

        var (bytes, natural) = BytesOf(value) is { } given ? (given, "application/octet-stream")
            : value.ValueKind == JsonValueKind.String && type is not null ? (TextOf(value, type), contentType!)
            : type is null || IsJson(type) ? (Encoding.UTF8.GetBytes(value.GetRawText()), "application/json")
            : throw RabbitMqFailure.Input("'body' is sent as JSON, but 'contentType' says otherwise: give a string or { \"base64\": … }.");
        return bytes.Length <= MaxBytes
            ? (bytes, contentType ?? natural)
            : throw RabbitMqFailure.Input($"'body' has {bytes.Length} bytes, and at most {MaxBytes} are published.");
    }

    /// <returns>What the body is, and the body.</returns>
    internal static (string Type, JsonElement? Body) Read(ReadOnlyMemory<byte> bytes, string? contentType, string? contentEncoding)
    {
        var isPlain = contentEncoding is null || contentEncoding.Equals("identity", StringComparison.OrdinalIgnoreCase)
            || contentEncoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        var type = isPlain && MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed : null;
        if (bytes.IsEmpty)
        {
            return ("none", null);
        }

        if (type is not null && IsJson(type) && Parse(bytes) is { } json)
        {
            return ("json", json);
        }

        return type is not null && (IsText(type) || IsJson(type)) && Decode(bytes.Span, type.CharSet) is { } text
            ? ("text", Write(writer => writer.WriteStringValue(text)))
            : ("base64", Base64(bytes));
    }

    internal static JsonElement Base64(ReadOnlyMemory<byte> bytes) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBase64String("base64", bytes.Span);
        writer.WriteEndObject();
    });

    internal static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static byte[]? BytesOf(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || body.GetPropertyCount() != 1
            || !body.TryGetProperty("base64", out var text) || text.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return text.TryGetBytesFromBase64(out var bytes) ? bytes : throw RabbitMqFailure.Input("'body.base64' is no Base64.");
    }

    private static byte[] TextOf(JsonElement body, MediaTypeHeaderValue type)
    {
        if (type.CharSet is not (null or "utf-8" or "UTF-8"))
        {
            throw RabbitMqFailure.Input("A string in 'body' is sent in UTF-8, but 'contentType' names another charset: give { \"base64\": … }.");
        }

        try
        {
            return Encoding.UTF8.GetBytes(body.GetString()!);
        }
        catch (InvalidOperationException)
        {
            throw RabbitMqFailure.Input("'body' is no valid Unicode text.");
        }
    }

    private static bool IsJson(MediaTypeHeaderValue type) =>
        type.MediaType is { } name && (name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static bool IsText(MediaTypeHeaderValue type) =>
        type.CharSet is not null
        || (type.MediaType is { } name
            && (name.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || name.EndsWith("/xml", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)));

    /// <summary>JSON that every reader understands in the same way: hosts take no other.</summary>
    private static JsonElement? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes, new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            var reader = new Utf8JsonReader(bytes.Span);
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second for a string with half of a surrogate pair.
            return null;
        }
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, string? charset)
    {
        try
        {
            return Encoding.GetEncoding(charset ?? "utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(bytes);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // A charset that .NET does not know, or bytes that are not what it says.
            return null;
        }
    }
}
