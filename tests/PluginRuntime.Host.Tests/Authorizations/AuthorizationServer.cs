using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Host.Tests.Authorizations;

/// <summary>
/// An authorization server with its API on loopback. It takes each code and each refresh token once, checks redirect URI and proof key, knows public
/// and confidential clients, and an authorization ends all tokens of the one before.
/// </summary>
internal sealed class AuthorizationServer : IAsyncDisposable
{
    public const string ClientSecret = "canary-client-secret";
    public const string Public = "public client";

    private const string Confidential = "confidential client";

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _secrets = new([ClientSecret]);
    private readonly TaskCompletionSource _ended = new();

    // Guarded by _lock.
    private readonly Dictionary<string, (string Client, string Challenge, string RedirectUri)> _codes = [];
    private readonly HashSet<string> _tokens = [];
    private string? _refreshToken;
    private (string Token, int Lifetime) _granted;
    private string? _seen;
    private int _count;

    private AuthorizationServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/token", (Delegate)TokenAsync);
        _app.MapGet("/data", (HttpContext context) => IsAccepted(context.Request.Headers.Authorization.ToString()) ? Results.Json(new { ok = true }) : Results.Unauthorized());
    }

    public string Url => _app.Urls.First();

    /// <summary>How the token endpoint answers: null as it should; else <c>hang</c>, <c>garbage</c>, or a status, with an echo of all that it was sent.</summary>
    public string? Fault { get; set; }

    /// <summary>Whether it grants refresh tokens.</summary>
    public bool Refreshes { get; set; } = true;

    public int Lifetime { get; set; } = 3600;

    /// <summary>What it says that it grants; null for nothing.</summary>
    public string? Scope { get; set; }

    /// <summary>What it calls itself where a browser is sent back; null for nothing.</summary>
    public string? Issuer { get; set; }

    public int Exchanges { get; private set; }

    public int Refreshed { get; private set; }

    /// <summary>Everything that nobody may see: secrets, codes, verifiers and tokens.</summary>
    public IReadOnlyCollection<string> Secrets => _secrets;

    public static async Task<AuthorizationServer> StartAsync()
    {
        var server = new AuthorizationServer();
        await server._app.StartAsync();
        server.Issuer = server.Url;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await _app.DisposeAsync();
    }

    /// <summary>A credential for it.</summary>
    public string Credential(bool isPublic = false, string more = "") =>
        $$"""
        {"type":"oauth","grant":"authorization_code","authorizationUrl":"{{Url}}/authorize?prompt=consent","tokenUrl":"{{Url}}/token","clientId":"{{(isPublic ? Public : Confidential)}}",
         {{(isPublic ? "" : $"\"clientSecret\":\"{ClientSecret}\",")}}"scopes":["a","b c"],"connectors":["http"],"hosts":["127.0.0.1"]{{more}}}
        """.Replace("\"b c\"", "\"b\"", StringComparison.Ordinal);

    public string Instance(string credential) => $$"""{"connector":"http","settings":{"baseUrl":"{{Url}}"},"credentials":"{{credential}}","pool":{"size":4,"min":1} }""";

    /// <summary>Goes there as a browser does, and agrees.</summary>
    /// <returns>Where it is sent back to.</returns>
    public static async Task<Uri> AgreeAsync(string authorizationUrl)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await browser.GetAsync(new Uri(authorizationUrl));
        Assert.True(answer.StatusCode == HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!;
    }

    /// <summary>The body that completes, of where a browser was sent back to.</summary>
    public static string BodyOf(Uri back)
    {
        var query = QueryHelpers.ParseQuery(back.Query);
        return JsonSerializer.Serialize(new { state = query["state"].ToString(), code = query["code"].ToString(), iss = query.TryGetValue("iss", out var issuer) ? issuer.ToString() : null });
    }

    /// <summary>Ends the refresh token.</summary>
    public void Revoke()
    {
        lock (_lock)
        {
            _refreshToken = null;
            _tokens.Clear();
        }
    }

    /// <summary>How many seconds the token was granted for that was granted last; null while no request has come with it.</summary>
    public int? LastTokenSeen
    {
        get
        {
            lock (_lock)
            {
                return _seen == _granted.Token ? _granted.Lifetime : null;
            }
        }
    }

    /// <summary>Ends all but the refresh token.</summary>
    public void EndAccessTokens()
    {
        lock (_lock)
        {
            _tokens.Clear();
        }
    }

    private string Secret(string kind)
    {
        var text = $"canary-{kind}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
        _secrets.Enqueue(text);
        return text;
    }

    private bool IsAccepted(string authorization)
    {
        lock (_lock)
        {
            _seen = authorization["Bearer ".Length..];
            return _tokens.Contains(_seen);
        }
    }

    private IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        var isWhole = query["response_type"] == "code" && query["code_challenge_method"] == "S256" && query["prompt"] == "consent" && query["scope"] == "a b"
            && query["code_challenge"].ToString().Length == 43 && query["state"].ToString().Length >= 43;
        if (!isWhole || request.Query.Any(pair => pair.Value.Count > 1))
        {
            return Results.BadRequest(request.QueryString.Value);
        }

        var code = Secret("code");
        var back = query["redirect_uri"].ToString();
        lock (_lock)
        {
            _codes[code] = (query["client_id"].ToString(), query["code_challenge"].ToString(), back);
        }

        var url = QueryHelpers.AddQueryString(back, new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"] });
        return Results.Redirect(Issuer is null ? url : QueryHelpers.AddQueryString(url, "iss", Issuer));
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        foreach (var verifier in form["code_verifier"].Where(verifier => !string.IsNullOrEmpty(verifier)))
        {
            _secrets.Enqueue(verifier!);
        }

        var echo = string.Join(' ', form.Select(pair => pair.Value.ToString())) + " " + context.Request.Headers.Authorization;
        switch (Fault)
        {
            case "hang":
                await _ended.Task.WaitAsync(context.RequestAborted);
                return Results.StatusCode(500);
            case "garbage":
                return Results.Text("no JSON: " + echo);
            case { } status:
                return Results.Json(new { error = status == "400" ? "invalid_grant" : echo, error_description = echo }, statusCode: int.Parse(status, System.Globalization.CultureInfo.InvariantCulture));
        }

        lock (_lock)
        {
            var client = ClientOf(context, form);
            return client is null ? Refuse(401, "invalid_client")
                : form["grant_type"] == "authorization_code" ? Exchange(form, client)
                : form["grant_type"] == "refresh_token" && form["refresh_token"] == _refreshToken && !form.ContainsKey("scope") ? Grant(isRefresh: true)
                : Refuse(400, "invalid_grant");
        }
    }

    private IResult Exchange(IFormCollection form, string client)
    {
        Exchanges++;
        var isRight = _codes.Remove(form["code"].ToString(), out var code) && code.Client == client && code.RedirectUri == form["redirect_uri"]
            && code.Challenge == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!isRight)
        {
            return Refuse(400, "invalid_grant");
        }

        _tokens.Clear();
        return Grant(isRefresh: false);
    }

    private IResult Grant(bool isRefresh)
    {
        Refreshed += isRefresh ? 1 : 0;
        var token = Secret($"token-{++_count}");
        _tokens.Add(token);
        _granted = (token, Lifetime);
        _refreshToken = Refreshes ? Secret("refresh") : null;
        return Results.Json(new { access_token = token, token_type = "Bearer", expires_in = Lifetime, refresh_token = _refreshToken, scope = Scope });
    }

    private static IResult Refuse(int status, string error) => Results.Json(new { error }, statusCode: status);

    private static string? ClientOf(HttpContext context, IFormCollection form)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(Confidential)}:{Uri.EscapeDataString(ClientSecret)}"));
        return authorization == basic && !form.ContainsKey("client_id") ? Confidential
            : authorization.Length == 0 && form["client_id"] == Public ? Public : null;
    }
}
