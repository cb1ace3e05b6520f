using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using PluginRuntime.Egress;

namespace PluginRuntime.Credentials;

/// <summary>
/// Asks token servers for access tokens, by the grants "client credentials", "refresh token" and "authorization code" (with
/// RFC 7636) of RFC 6749. Nothing that a server
/// writes gets into a sentence, but the error codes that the standard names.
/// </summary>
internal sealed class TokenEndpoint : IDisposable
{
    private const int LargestAnswer = 64 * 1024;
    private const int LongestLife = 10 * 365 * 24 * 3600;

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);

    private static readonly string[] _errors =
        ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"];

    // Two, so that neither takes a connection that the other opened.
    private readonly HttpClient _client = Create(null);
    private readonly HttpClient _guarded;
    private readonly TimeProvider _timeProvider;

    /// <param name="egress">Opens connections to token servers that somebody named who does not run this host.</param>
    /// <param name="timeProvider">Measures how long servers take.</param>
    internal TokenEndpoint(EgressGate egress, TimeProvider timeProvider) => (_guarded, _timeProvider) = (Create(egress), timeProvider);

    /// <summary>Why a text cannot be the address of a token server; null when it can.</summary>
    internal static string? Check(string text, out Uri? url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url) || text.Any(char.IsWhiteSpace))
        {
            return "has to be an absolute URL";
        }

        if (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        {
            return "has to begin with https://; http:// is accepted on loopback only";
        }

        return url.UserInfo.Length > 0 || url.Fragment.Length > 0 ? "may hold neither user information nor a fragment" : null;
    }

    /// <param name="settings">An OAuth credential.</param>
    /// <param name="refreshToken">The refresh token to use; null asks by the client's own credentials.</param>
    internal Task<TokenAnswer> AskAsync(CredentialSettings settings, string? refreshToken) => AskAsync(settings, FormOf(settings, refreshToken));

    /// <summary>Redeems an authorization code.</summary>
    internal Task<TokenAnswer> ExchangeAsync(CredentialSettings settings, AuthorizationCode code) => AskAsync(
        settings,
        [new("grant_type", "authorization_code"), new("code", code.Code), new("redirect_uri", code.RedirectUri), new("code_verifier", code.Verifier)]);

    private async Task<TokenAnswer> AskAsync(CredentialSettings settings, List<KeyValuePair<string, string>> form)
    {
        try
        {
            using var limit = new CancellationTokenSource(_timeout, _timeProvider);
            using var request = Request(settings, form);
            using var response = await (settings.IsTrusted ? _client : _guarded).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            var body = await ReadAsync(response.Content, limit.Token).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK ? Granted(body) : Failed(response, body);
        }
        catch (OperationCanceledException)
        {
            return Failed(TokenFailure.Unavailable(string.Create(
                CultureInfo.InvariantCulture, $"The token server did not answer within {_timeout.TotalSeconds} s.")));
        }
        catch (HttpRequestException exception) when (exception.InnerException is EgressException forbidden)
        {
            return Failed(TokenFailure.Refused(forbidden.Message));
        }
        catch (HttpRequestException exception)
        {
            return Failed(TokenFailure.Unavailable($"The token server cannot be reached ({exception.HttpRequestError})."));
        }
        catch (IOException)
        {
            return Failed(TokenFailure.Unavailable("The token server's answer broke off."));
        }
        catch (Exception exception)
        {
            return Failed(TokenFailure.Unavailable($"The token server could not be asked: {exception.GetType().Name}."));
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _guarded.Dispose();
    }

    private static HttpClient Create(EgressGate? egress)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            ActivityHeadersPropagator = null,
        };
        if (egress is not null)
        {
            // What a proxy connects to cannot be looked at.
            handler.UseProxy = false;
            handler.ConnectCallback = (context, cancellationToken) => egress.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
        }

        return new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static List<KeyValuePair<string, string>> FormOf(CredentialSettings settings, string? refreshToken)
    {
        var form = new List<KeyValuePair<string, string>>();
        if (refreshToken is null)
        {
            form.Add(new("grant_type", "client_credentials"));
        }
        else
        {
            form.Add(new("grant_type", "refresh_token"));
            form.Add(new("refresh_token", refreshToken));
        }

        // What somebody authorized is asked for as it was granted (RFC 6749, 6): the configured scopes may have changed since.
        if (settings is { Scope: { } scope, NeedsAuthorization: false })
        {
            form.Add(new("scope", scope));
        }

        return form;
    }

    private static HttpRequestMessage Request(CredentialSettings settings, List<KeyValuePair<string, string>> form)
    {
        if (settings.ClientSecret is null)
        {
            // A public client says who it is and proves nothing.
            form.Add(new("client_id", settings.ClientId!));
        }

        var request = new HttpRequestMessage(HttpMethod.Post, settings.TokenUrl) { Content = new FormUrlEncodedContent(form) };
        if (settings.ClientSecret is { } secret)
        {
            // RFC 6749, 2.3.1: both are form-encoded before they are put together.
            var pair = $"{Uri.EscapeDataString(settings.ClientId!)}:{Uri.EscapeDataString(secret)}";
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        request.Headers.Accept.Add(new("application/json"));
        return request;
    }

    /// <returns>Null when it is larger than accepted.</returns>
    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[LargestAnswer + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return length > LargestAnswer ? null : buffer[..length];
        }
    }

    private static TokenAnswer Granted(byte[]? body)
    {
        using var document = Parse(body);
        if (document is null)
        {
            return Failed(TokenFailure.Unavailable("The token server's answer is no JSON object of at most 64 KiB."));
        }

        var answer = document.RootElement;
        if (Text(answer, "access_token") is not { } token || !SecretText.FitsHeader(token))
        {
            return Failed(TokenFailure.Unavailable("The token server's answer holds no access token that a header can carry."));
        }

        if (Text(answer, "token_type") is { } type && !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return Failed(TokenFailure.Refused("The token server grants tokens of another type than Bearer."));
        }

        return new(new(token, Lifetime(answer), Text(answer, "refresh_token") is { Length: > 0 } refresh ? refresh : null) { Scope = Text(answer, "scope") }, null);
    }

    private static TokenAnswer Failed(HttpResponseMessage response, byte[]? body)
    {
        var status = (int)response.StatusCode;
        if (status is 408 or 429 or >= 500)
        {
            var wait = response.Headers.RetryAfter?.Delta;
            return Failed(TokenFailure.Unavailable(string.Create(CultureInfo.InvariantCulture, $"The token server answers {status}."), wait));
        }

        using var document = Parse(body);
        var error = document is null ? null : Text(document.RootElement, "error");
        error = _errors.Contains(error) ? error : null;
        var said = string.Create(CultureInfo.InvariantCulture, $"The token server refuses: {status}{(error is null ? "" : " " + error)}.");
        return Failed(TokenFailure.Refused(said) with { Error = error });
    }

    private static TokenAnswer Failed(TokenFailure failure) => new(null, failure);

    private static JsonDocument? Parse(byte[]? body)
    {
        try
        {
            var document = JsonDocument.Parse(body ?? []);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement answer, string key) =>
        answer.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>At least a second, or a server that grants none would be asked without end.</summary>
    private static TimeSpan? Lifetime(JsonElement answer)
    {
        if (!answer.TryGetProperty("expires_in", out var value))
        {
            return null;
        }

        // Some servers write it as a text.
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && !double.IsNaN(seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 1, LongestLife))
            : null;
    }
}
