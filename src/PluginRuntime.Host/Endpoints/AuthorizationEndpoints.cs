using PluginRuntime.Credentials;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Authorizations;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/credentials/{name}/authorize</c>: somebody authorizes a stored credential in a browser. Codes and tokens go in and never out.</summary>
internal static class AuthorizationEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/credentials/{name}/authorize", BeginAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/credentials/{name}/authorize/complete", CompleteAsync).NeedsOfEveryOrg(Scopes.Manage);
    }

    /// <summary>What is shown of an authorization; null for none.</summary>
    internal static object? View(Authorization? authorization) => authorization is null ? null : new
    {
        authorization.At,
        authorization.ExpiresAt,
        scopes = authorization.Scopes?.Split(' ', StringSplitOptions.RemoveEmptyEntries),
    };

    private static async Task<IResult> BeginAsync(HttpContext context, AuthorizationFlow flow, RedirectUris redirects, string name)
    {
        _ = new QueryValues(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var (authorizationUrl, state, expiresAt) = await flow.BeginAsync(name, context.Caller().Id, AuthorizationBody.ReadRedirectUri(body.RootElement, redirects));
        return Results.Json(new { authorizationUrl, state, expiresAt }, HostJson.Options);
    }

    private static async Task<IResult> CompleteAsync(HttpContext context, AuthorizationFlow flow, string name)
    {
        _ = new QueryValues(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var (state, code, issuer) = AuthorizationBody.ReadCode(body.RootElement);
        var authorization = await flow.CompleteAsync(name, context.Caller().Id, state, code, issuer);
        return Results.Json(new { name = context.Names().Outside(name), authorized = View(authorization) }, HostJson.Options);
    }
}
