using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>The bytes of a request's body and what they are.</summary>
internal sealed record RequestBody(byte[] Bytes, string ContentType)
{
    /// <param name="body">What the caller gave.</param>
    /// <param name="contentType">The header of that name; null when there is none.</param>
    /// <returns>Null for no body.</returns>
    /// <exception cref="Sdk.ConnectorException">The two do not fit together.</exception>
    internal static RequestBody? From(JsonElement? body, string? contentType)
    {
        if (body is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            return null;
        }

        MediaTypeHeaderValue? type = null;
        if (contentType is not null && !MediaTypeHeaderValue.TryParse(contentType, out type))
        {
            throw HttpFailure.Input("The header 'Content-Type' is no media type.");
        }

        if (BytesOf(value) is { } bytes)
        {
            return new(bytes, contentType ?? "application/octet-stream");
        }

        if (type is null || (value.ValueKind != JsonValueKind.String && MediaTypes.IsJson(type)))
        {
            return new(Encoding.UTF8.GetBytes(value.GetRawText()), contentType ?? "application/json");
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw HttpFailure.Input("'body' is sent as JSON, but 'Content-Type' says otherwise: give a string or { \"base64\": … }.");
        }

        return MediaTypes.Charset(type) is null or "utf-8" or "UTF-8"
            ? new(Encoding.UTF8.GetBytes(value.GetString()!), contentType!)
            : throw HttpFailure.Input("A string in 'body' is sent in UTF-8, but 'Content-Type' names another charset: give { \"base64\": … }.");
    }

    /// <param name="body">The JSON.</param>
    /// <param name="contentType">What kind of JSON it is; null for no certain one.</param>
    /// <returns>Null for no body.</returns>
    internal static RequestBody? FromJson(JsonElement? body, string? contentType) =>
        body is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value
            ? new(Encoding.UTF8.GetBytes(value.GetRawText()), contentType ?? "application/json")
            : null;

    private static byte[]? BytesOf(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || body.GetPropertyCount() != 1
            || !body.TryGetProperty("base64", out var text) || text.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return text.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : throw HttpFailure.Input("'body.base64' is no Base64.");
    }
}
