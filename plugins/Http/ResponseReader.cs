using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>Reads a response within bounds, and writes it as the result of an action.</summary>
internal sealed class ResponseReader(Upstream upstream, int maxBytes)
{
    private const int ChunkBytes = 16 * 1024;

    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="ConnectorException">The body did not come whole.</exception>
    internal async ValueTask WriteAsync(HttpResponseMessage response, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var (bytes, isCut) = await ReadAsync(response, cancellationToken);
        using var writer = new Utf8JsonWriter(output, _options);
        writer.WriteStartObject();
        writer.WriteNumber("status", (int)response.StatusCode);
        WriteHeaders(writer, response);
        ResponseBody.Write(writer, bytes, response.Content.Headers, isCut);
        writer.WriteBoolean("truncated", isCut);
        writer.WriteEndObject();
    }

    /// <returns>The body's bytes, and whether there were more.</returns>
    /// <exception cref="ConnectorException">The body did not come whole.</exception>
    internal async ValueTask<(ReadOnlyMemory<byte> Bytes, bool IsCut)> ReadAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            // Decompressed already, so that a bomb counts with what it becomes.
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (buffer.WrittenCount <= maxBytes)
            {
                var count = await body.ReadAsync(buffer.GetMemory(ChunkBytes)[..ChunkBytes], cancellationToken);
                if (count == 0)
                {
                    return (buffer.WrittenMemory, false);
                }

                buffer.Advance(count);
            }

            return (buffer.WrittenMemory[..maxBytes], true);
        }
        catch (Exception exception) when (HttpFailure.OfTransport(exception, upstream.Origin) is { } failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw failure;
        }
    }

    private static void WriteHeaders(Utf8JsonWriter writer, HttpResponseMessage response)
    {
        writer.WriteStartObject("headers");
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            var key = name.ToLowerInvariant();
            if (key != "set-cookie")
            {
                writer.WriteString(key, string.Join(", ", values));
                continue;
            }

            writer.WriteStartArray(key);
            foreach (var value in values)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
