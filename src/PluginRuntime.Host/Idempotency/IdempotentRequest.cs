using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Endpoints;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Idempotency;

/// <summary>
/// A <c>POST</c> with the header <c>Idempotency-Key</c>: it runs once, however often it is sent. After the IETF draft of that name and
/// Stripe's API.
/// </summary>
/// <param name="Place">Whose it is: API key, org, route and idempotency key.</param>
/// <param name="Fingerprint">What it asks: SHA-256 of path, query and body.</param>
internal sealed record IdempotentRequest(string Place, byte[] Fingerprint)
{
    internal const string Header = "Idempotency-Key";

    private const int LongestKey = 255;

    internal string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Place)));

    /// <summary>Whether a request asks for it. Those that others answer, who do not know the caller, are none.</summary>
    internal static bool IsOne(HttpContext context) =>
        context.Request.Headers.ContainsKey(Header) && HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint() is RouteEndpoint
        && context.Features.Get<ShownKey>() is not null;

    /// <summary>Reads the whole body, which can be read again afterwards.</summary>
    /// <exception cref="RequestException">The header is wrong.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large or ends early.</exception>
    internal static async Task<IdempotentRequest> ReadAsync(HttpContext context, ConnectorRuntime runtime)
    {
        var request = context.Request;
        var key = KeyOf(request);
        var most = PackageEndpoints.TakesFile(context, runtime, out var file) ? file : RequestBody.Largest;
        if (most > RequestBody.Largest && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most;
        }

        // What may hold secrets stays in memory; a package file beyond that goes through a temporary one.
        request.EnableBuffering(RequestBody.Largest, most);
        var body = await SHA256.HashDataAsync(request.Body, context.RequestAborted);
        request.Body.Position = 0;
        return new(
            string.Join('\n', context.Caller().Id, context.Names().Org, ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText, key),
            SHA256.HashData([.. Encoding.UTF8.GetBytes($"{request.Path.Value}\n{request.QueryString.Value}\n"), .. body]));
    }

    private static string KeyOf(HttpRequest request) =>
        request.Headers[Header] is [{ Length: > 0 and <= LongestKey } key] && key.All(character => character is > ' ' and <= '~')
            ? key
            : throw new RequestException("header.invalid", $"{Header} has to be one text of 1 to {LongestKey} visible ASCII characters.");
}
