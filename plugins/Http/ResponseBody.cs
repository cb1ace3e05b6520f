using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PluginRuntime.Connectors.Http;

/// <summary>Writes the bytes of a body as what they are: JSON where that is possible, text where it is lossless, Base64 otherwise.</summary>
internal static class ResponseBody
{
    /// <summary>One less than hosts take: the body lies one level down.</summary>
    private const int MaxDepth = 63;

    internal static void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> bytes, HttpContentHeaders headers, bool isCut)
    {
        var type = IsEncoded(headers) ? null : headers.ContentType;
        if (bytes.IsEmpty)
        {
            writer.WriteString("bodyType", "none");
            writer.WriteNull("body");
        }
        else if (!isCut && MediaTypes.IsJson(type) && IsJson(WithoutMark(bytes)))
        {
            writer.WriteString("bodyType", "json");
            writer.WritePropertyName("body");
            writer.WriteRawValue(WithoutMark(bytes).Span, skipInputValidation: true);
        }
        else if (MediaTypes.IsText(type) && Decode(bytes.Span, MediaTypes.Charset(type), isCut) is { } text)
        {
            writer.WriteString("bodyType", "text");
            writer.WriteString("body", text);
        }
        else
        {
            writer.WriteString("bodyType", "base64");
            writer.WriteStartObject("body");
            writer.WriteBase64String("base64", bytes.Span);
            writer.WriteEndObject();
        }
    }

    /// <summary>A body as JSON.</summary>
    /// <returns>Null when it is none.</returns>
    internal static ReadOnlyMemory<byte>? Json(ReadOnlyMemory<byte> bytes) =>
        IsJson(WithoutMark(bytes)) ? WithoutMark(bytes) : default(ReadOnlyMemory<byte>?);

    /// <summary>A body as text, in the charset that its content type names, or UTF-8.</summary>
    /// <returns>Null when it is none, or is encoded in a way that the client does not know.</returns>
    internal static string? Text(ReadOnlyMemory<byte> bytes, HttpContentHeaders headers) =>
        IsEncoded(headers) ? null : Decode(bytes.Span, MediaTypes.Charset(headers.ContentType), isCut: false);

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;

    // What is still encoded was encoded in a way that the client does not know.
    private static bool IsEncoded(HttpContentHeaders headers) =>
        headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether every reader understands it, and in the same way: hosts take no other JSON.</summary>
    private static bool IsJson(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span))
        {
            return false;
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

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second for a string with half of a surrogate pair.
            return false;
        }
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, string? charset, bool isCut)
    {
        try
        {
            var encoding = Encoding.GetEncoding(charset ?? "utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            var characters = new char[encoding.GetMaxCharCount(bytes.Length)];

            // Not flushed, the decoder keeps a character that the cut went through.
            var count = encoding.GetDecoder().GetChars(bytes, characters, flush: !isCut);
            var text = characters.AsSpan(0, count);
            return new(text is ['\uFEFF', ..] ? text[1..] : text);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // A charset that .NET does not know, or bytes that are not what it says.
            return null;
        }
    }
}
