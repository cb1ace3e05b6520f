using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>A request that was checked as a whole, and can be sent any number of times.</summary>
internal sealed class OutgoingRequest
{
    private readonly Dictionary<string, string> _headers;
    private readonly RequestBody? _body;

    private OutgoingRequest(HttpMethod method, Uri url, Dictionary<string, string> headers, RequestBody? body)
    {
        Method = method;
        Url = url;
        _headers = headers;
        _body = body;
    }

    internal HttpMethod Method { get; }

    internal Uri Url { get; }

    /// <param name="input">What is wanted.</param>
    /// <param name="upstream">Where it goes.</param>
    /// <param name="defaultHeaders">Headers of every request.</param>
    /// <param name="isJson">Whether a body is JSON, whatever it looks like.</param>
    /// <exception cref="ConnectorException">Something of the input is not accepted.</exception>
    internal static OutgoingRequest Create(
        RequestInput input, Upstream upstream, IReadOnlyDictionary<string, string> defaultHeaders, bool isJson = false)
    {
        var path = PathRules.ToWire(input.Path, out var problem) ?? throw HttpFailure.Input($"'path' {problem}.");
        var url = upstream.Locate(path, QueryText.From(input.Query));
        var headers = HeaderRules.Merge(defaultHeaders, input.Headers);
        if (input.Method is "GET" or "HEAD" && headers.Keys.FirstOrDefault(HeaderRules.NamesAMethod) is { } name)
        {
            throw HttpFailure.Input($"The header '{name}' is not accepted with {input.Method}: it would make another method of it.");
        }

        var contentType = headers.GetValueOrDefault("Content-Type");
        var body = isJson ? RequestBody.FromJson(input.Body, contentType) : RequestBody.From(input.Body, contentType);
        return new(MethodOf(input.Method), url, headers, body);
    }

    /// <summary>Makes the message for the request's own URL, or for one that it was redirected to.</summary>
    /// <exception cref="ConnectorException">No credential can be had, or a header would take its place.</exception>
    internal async ValueTask<HttpRequestMessage> ToMessageAsync(
        Uri url, IConnectorCredentials credentials, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(Method, url);
        await credentials.AuthorizeAsync(message, cancellationToken);
        foreach (var (name, values) in message.Headers.NonValidated)
        {
            if (_headers.ContainsKey(name))
            {
                throw HttpFailure.Input(
                    $"The header '{name}' carries the instance's credential: neither 'headers' nor the settings may set it.");
            }

            if (!values.All(HeaderRules.IsValue))
            {
                throw new ConnectorException(
                    ConnectorErrorKind.Auth, "The instance's credential has characters that no header can carry.", wasSent: false);
            }
        }

        message.Content = CreateContent();
        foreach (var (name, value) in _headers)
        {
            // Refused by the first are those that describe a body. Without one they have nothing to say.
            if (!message.Headers.TryAddWithoutValidation(name, value) && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    private ByteArrayContent? CreateContent()
    {
        if (_body is not null)
        {
            var content = new ByteArrayContent(_body.Bytes);
            content.Headers.TryAddWithoutValidation("Content-Type", _body.ContentType);
            return content;
        }

        // Empty, and not none: when a kept connection breaks, the client by itself sends again what has no body, whatever the method.
        return Method == HttpMethod.Get || Method == HttpMethod.Head || Method == HttpMethod.Options ? null : new ByteArrayContent([]);
    }

    private static HttpMethod MethodOf(string method) => method switch
    {
        "GET" => HttpMethod.Get,
        "HEAD" => HttpMethod.Head,
        "POST" => HttpMethod.Post,
        "PUT" => HttpMethod.Put,
        "PATCH" => HttpMethod.Patch,
        "DELETE" => HttpMethod.Delete,
        "OPTIONS" => HttpMethod.Options,
        _ => throw HttpFailure.Input("'method' must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."),
    };
}
