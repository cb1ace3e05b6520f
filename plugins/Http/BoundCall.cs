using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>Carries one action of a manifest out: its input becomes a request, and what the API answers its output.</summary>
internal sealed class BoundCall
{
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly BoundRequest _bound;
    private readonly RequestTemplate _template;
    private readonly Upstream _upstream;
    private readonly IReadOnlyDictionary<string, string> _headers;
    private readonly RequestSender _sender;
    private readonly ResponseReader _reader;
    private readonly TimeProvider _timeProvider;

    /// <exception cref="ConnectorException">The action cannot be carried out, whatever its input is.</exception>
    internal BoundCall(
        BoundAction action, Upstream upstream, IReadOnlyDictionary<string, string> headers, RequestSender sender, ResponseReader reader, TimeProvider timeProvider)
    {
        _bound = action.Http ?? throw HttpFailure.Input($"The manifest does not say how its action '{action.Id}' is carried out.");
        _template = _bound.Template;
        _upstream = upstream;
        _headers = headers;
        _sender = sender;
        _reader = reader;
        _timeProvider = timeProvider;

        // Once with harmless values. A body needs none: it is JSON whatever they are.
        var sample = new RequestInput(
            _bound.Method, TextTemplate.Fill(_bound.Path, "x"), null, _bound.Headers?.ToDictionary(pair => pair.Key, pair => TextTemplate.Fill(pair.Value, "x")));
        try
        {
            OutgoingRequest.Create(sample, upstream, headers, isJson: true);
        }
        catch (ConnectorException exception)
        {
            throw HttpFailure.Input($"The manifest's action '{action.Id}' cannot be carried out: {exception.Message}");
        }
    }

    /// <exception cref="ConnectorException">The API refuses, cannot be reached, or answers what it should not.</exception>
    internal async ValueTask InvokeAsync(ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var request = OutgoingRequest.Create(Expand(input), _upstream, _headers, isJson: true);
        if (_bound.Paging is { } paging)
        {
            await WritePagesAsync(request, paging, output, cancellationToken);
            return;
        }

        using var response = await SendAsync(request, request.Url, cancellationToken);
        var bytes = await ReadAsync(response, cancellationToken);
        if (bytes.IsEmpty)
        {
            output.Write("null"u8);
        }
        else if (_bound.Response == "text")
        {
            var text = ResponseBody.Text(bytes, response.Content.Headers) ?? throw HttpFailure.Differs("The API answered what is no text in a charset that is known.");
            using var writer = new Utf8JsonWriter(output, _relaxed);
            writer.WriteStringValue(text);
        }
        else
        {
            output.Write(JsonOf(bytes, response).Span);
        }
    }

    private RequestInput Expand(ReadOnlyMemory<byte> input)
    {
        try
        {
            using var document = JsonDocument.Parse(input, _strict);
            var expanded = _template.Expand(document.RootElement);

            // What stands for a whole text is the document's own.
            return expanded with
            {
                Query = expanded.Query?.ToDictionary(pair => pair.Key, pair => pair.Value.Clone()),
                Body = expanded.Body?.Clone(),
            };
        }
        catch (JsonException)
        {
            throw HttpFailure.Input("The input is no JSON that every reader understands in the same way.");
        }
    }

    private async ValueTask WritePagesAsync(OutgoingRequest request, Paging paging, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        using var writer = new Utf8JsonWriter(output, _relaxed);
        writer.WriteStartArray();
        var url = request.Url;
        var left = HttpSettings.DefaultMaxResponseBytes;
        for (var page = 1; ; page++)
        {
            using var response = await SendAsync(request, url, cancellationToken);
            var bytes = await ReadAsync(response, cancellationToken);
            left -= bytes.Length;
            if (left < 0)
            {
                throw TooLong();
            }

            using var document = JsonDocument.Parse(JsonOf(bytes, response), _strict);
            WriteItems(writer, document.RootElement, paging);
            if (NextOf(document.RootElement, response, paging) is not { Length: > 0 } next)
            {
                break;
            }

            if (page == paging.MaxPages)
            {
                throw HttpFailure.Input($"The answer has more than {paging.MaxPages} pages, which is the most that this action takes: ask for less.");
            }

            url = _upstream.Follow(response.RequestMessage?.RequestUri ?? url, next)
                ?? throw HttpFailure.Differs("The API names a next page that is not below the base URL.");
        }

        writer.WriteEndArray();
    }

    private static void WriteItems(Utf8JsonWriter writer, JsonElement page, Paging paging)
    {
        if (PointerTo.Find(page, paging.Items) is not { ValueKind: JsonValueKind.Array } items)
        {
            throw HttpFailure.Differs($"The API answered a page without an array at '{paging.Items}'.");
        }

        foreach (var item in items.EnumerateArray())
        {
            item.WriteTo(writer);
        }
    }

    private static string? NextOf(JsonElement page, HttpResponseMessage response, Paging paging)
    {
        if (paging.Next == "link")
        {
            return LinkHeader.Next(response.Headers);
        }

        return PointerTo.Find(page, paging.Next) switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } next => next.GetString(),
            _ => throw HttpFailure.Differs($"The API answered a page with something else than a URL at '{paging.Next}'."),
        };
    }

    private async ValueTask<HttpResponseMessage> SendAsync(OutgoingRequest request, Uri url, CancellationToken cancellationToken)
    {
        var response = await _sender.SendAsync(request, url, cancellationToken);
        var status = (int)response.StatusCode;
        if (StatusKinds.IsAnswer(_bound.StatusErrors, status))
        {
            return response;
        }

        using (response)
        {
            throw status < 400
                ? HttpFailure.Differs($"The server answered {status}, which is no answer and is not followed.")
                : HttpFailure.OfStatus(status, response.Headers.RetryAfter, _timeProvider.GetUtcNow(), StatusKinds.KindOf(_bound.StatusErrors, status));
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (bytes, isCut) = await _reader.ReadAsync(response, cancellationToken);
        return isCut ? throw TooLong() : bytes;
    }

    private static ReadOnlyMemory<byte> JsonOf(ReadOnlyMemory<byte> bytes, HttpResponseMessage response) =>
        ResponseBody.Json(bytes)
        ?? throw HttpFailure.Differs($"The API answered {(int)response.StatusCode} with a body that is no JSON, or none that every reader understands in the same way.");

    private static ConnectorException TooLong() =>
        HttpFailure.Differs($"The API answered with more than {HttpSettings.DefaultMaxResponseBytes} bytes.");
}
