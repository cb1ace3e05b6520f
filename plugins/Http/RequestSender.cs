using System.Net;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>Sends a request with the instance's credential, and follows redirects that stay below the base URL.</summary>
internal sealed class RequestSender(HttpMessageInvoker client, Upstream upstream, IConnectorCredentials credentials)
{
    private const int MaxRedirects = 5;

    /// <returns>The response with its headers; its body is still to be read. A redirect that was not followed is one too.</returns>
    /// <exception cref="ConnectorException">There is no response.</exception>
    internal ValueTask<HttpResponseMessage> SendAsync(OutgoingRequest request, CancellationToken cancellationToken) =>
        SendAsync(request, request.Url, cancellationToken);

    /// <param name="request">What is sent.</param>
    /// <param name="url">Where to, in place of the request's own: as <see cref="Upstream"/> gives it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As above.</returns>
    /// <exception cref="ConnectorException">There is no response.</exception>
    internal async ValueTask<HttpResponseMessage> SendAsync(OutgoingRequest request, Uri url, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var response = await SendOnceAsync(request, url, cancellationToken);
            if (redirects == MaxRedirects || Target(request, response, url) is not { } target)
            {
                return response;
            }

            response.Dispose();
            url = target;
        }
    }

    private Uri? Target(OutgoingRequest request, HttpResponseMessage response, Uri url) =>
        (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head)
        && (int)response.StatusCode is 301 or 302 or 303 or 307 or 308
        && response.Headers.NonValidated.TryGetValues("Location", out var locations) && locations.ToString() is { Length: > 0 } location
            ? upstream.Follow(url, location)
            : null;

    private async ValueTask<HttpResponseMessage> SendOnceAsync(OutgoingRequest request, Uri url, CancellationToken cancellationToken)
    {
        var message = await request.ToMessageAsync(url, credentials, cancellationToken);
        try
        {
            var response = await client.SendAsync(message, cancellationToken);
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            {
                return response;
            }

            // Nobody asked for it, and what follows is no HTTP.
            response.Dispose();
            throw HttpFailure.NoHttp(upstream.Origin);
        }
        catch (Exception exception) when (HttpFailure.OfTransport(exception, upstream.Origin) is { } failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw failure;
        }
    }
}
