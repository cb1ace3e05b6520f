using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/orgs/{org}/keys</c>: makes, lists and revokes keys; <c>/api/key</c>: what the key is that was shown.</summary>
internal static class KeyEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/key", Show).NeedsOfEveryOrg(Scopes.None);
        api.MapGet("/orgs/{org}/keys", ListAsync).NeedsOfEveryOrg(Scopes.OrgAdmin);
        api.MapPost("/orgs/{org}/keys", CreateAsync).NeedsOfEveryOrg(Scopes.OrgAdmin);
        api.MapDelete("/orgs/{org}/keys/{keyId}", RevokeAsync).NeedsOfEveryOrg(Scopes.OrgAdmin);
    }

    private static IResult Show(HttpContext context)
    {
        _ = new QueryValues(context.Request);
        var key = context.Caller();
        return Results.Json(new { key.Id, key.Name, key.Org, Scopes = ScopeNames.Of(key.Scopes), key.Expires }, HostJson.Options);
    }

    private static async Task<IResult> ListAsync(HttpContext context, KeyStore store, string org)
    {
        var page = Page.From(new QueryValues(context.Request, Page.LimitName, Page.CursorName));
        _ = await store.FindOrgAsync(org) ?? throw Orgs.Unknown(org);
        var (items, next) = page.Of(
            (await store.KeysOfAsync(org)).Where(context.Caller().MayEnd).OrderBy(key => key.Id, StringComparer.Ordinal), key => key.Id);
        return Results.Json(new { items = items.Select(key => Shown(key, text: null)), nextCursor = next }, HostJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, KeyStore store, TimeProvider timeProvider, ILogger<KeyStore> logger, string org)
    {
        _ = new QueryValues(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var now = timeProvider.GetUtcNow();
        var (name, scopes, expires) = KeyRequest.Read(body.RootElement, org, now);
        if (!context.Caller().Scopes.Allow(scopes))
        {
            throw new RequestException("auth.forbidden", "A key with the scope 'host-admin' is made with one that has it.");
        }

        var text = KeyText.Create();
        var key = new ApiKey(ApiKey.NewId(), org, name, scopes, now, expires, null, null);
        if (!await store.TryAddAsync(key, KeyText.Hash(text)))
        {
            throw Orgs.Unknown(org);
        }

        logger.KeyCreated(key.Id, org, string.Join(' ', ScopeNames.Of(scopes)), context.Caller().Id);
        return Results.Json(Shown(key, text), HostJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(
        HttpContext context, KeyStore store, KeyCheck keys, TimeProvider timeProvider, ILogger<KeyStore> logger, string org, string keyId)
    {
        _ = new QueryValues(context.Request);
        _ = await store.FindOrgAsync(org) ?? throw Orgs.Unknown(org);
        var key = (await store.KeysOfAsync(org)).FirstOrDefault(key => key.Id == keyId && context.Caller().MayEnd(key))
            ?? throw new RequestException("api-key.unknown", $"The org '{org}' has no key '{keyId}'.");
        await store.RevokeAsync(key.Id, timeProvider.GetUtcNow());
        keys.Forget(key.Id);
        logger.KeyRevoked(key.Id, org, context.Caller().Id);
        return Results.Json(new { key.Id, change = "delete" }, HostJson.Options);
    }

    /// <param name="key">What is known of it.</param>
    /// <param name="text">The key itself, for the only answer that has it.</param>
    private static object Shown(ApiKey key, string? text)
    {
        var scopes = ScopeNames.Of(key.Scopes);
        return text is null
            ? new { key.Id, key.Name, key.Org, scopes, key.Created, key.Expires, key.LastUsed, key.Revoked }
            : new { key.Id, key.Name, key.Org, scopes, key.Created, key.Expires, key.LastUsed, key.Revoked, key = text };
    }
}
