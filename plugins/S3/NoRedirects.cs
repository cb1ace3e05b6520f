using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>Makes an error of every redirect: the SDK would take a signed request to wherever the server says.</summary>
internal sealed class NoRedirects(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode is < 300 or >= 400)
        {
            return response;
        }

        using (response)
        {
            throw new ConnectorException(
                ConnectorErrorKind.Input,
                $"The server answered {(int)response.StatusCode}: the bucket is elsewhere. Give its region in the settings, and its server as the instance's 'host'.",
                wasSent: false);
        }
    }
}
