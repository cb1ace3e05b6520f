using System.Globalization;
using System.Text;
using System.Text.Json;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>
/// An API and its token server that refuse as the path says, and repeat what they were sent wherever an answer has room for it: in the
/// status line, in headers, in the body.
/// </summary>
internal sealed class Upstream(Canary granted, Canary rotated) : IAsyncDisposable
{
    private readonly HttpServer _server = new();
    private volatile string? _refused;

    public string Url => _server.Url;

    public Upstream Start(Canary refused)
    {
        _refused = "Bearer " + refused.Value;
        _server.Answer = Answer;
        return this;
    }

    /// <summary>Whether some request had a header of this value.</summary>
    public bool WasSentHeader(string name, string value) => _server.Requests.Any(request => request.Values(name).Contains(value));

    /// <summary>Whether some request had this in its form.</summary>
    public bool WasSentForm(string text) => _server.Requests.Any(request => request.Text.Contains(text, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private HttpServer.Reply Answer(HttpServer.Received request)
    {
        var path = request.Target.TrimStart('/');
        if (path.StartsWith("token", StringComparison.Ordinal))
        {
            return Token(request, path);
        }

        if (path.StartsWith("status/", StringComparison.Ordinal))
        {
            return Echo(request, path["status/".Length..]);
        }

        // Only the configured access token is no longer good.
        return request.Values("Authorization").Contains(_refused) ? Echo(request, "401") : HttpServer.Reply.Of(200, """{"ok":true}""", "Content-Type: application/json");
    }

    private HttpServer.Reply Token(HttpServer.Received request, string path) => path switch
    {
        "token" => HttpServer.Reply.Of(
            200, JsonSerializer.Serialize(new { access_token = granted.Value, refresh_token = rotated.Value, token_type = "Bearer", expires_in = 3600 }), "Content-Type: application/json"),
        "token-nonsense" => HttpServer.Reply.Of(200, "no JSON: " + request.Head + request.Text),
        _ => Echo(request, path["token-".Length..]),
    };

    private static HttpServer.Reply Echo(HttpServer.Received request, string status)
    {
        var sent = request.Head.ReplaceLineEndings(" ") + request.Text;
        var body = JsonSerializer.Serialize(new { error = sent, error_description = sent, form = Uri.UnescapeDataString(request.Text.Replace('+', ' ')) });
        var length = Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
        return HttpServer.Reply.Raw(
            $"HTTP/1.1 {status} No {sent}\r\nX-Echo: {sent}\r\nWWW-Authenticate: Bearer error=\"{sent}\"\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(body))}");
    }
}
