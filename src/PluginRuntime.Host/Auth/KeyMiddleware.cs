using PluginRuntime.Host.Problems;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// Lets nobody in whose key is not what the route needs, the only place where that is decided; and turns the instance in the route into the
/// runtime's name for it.
/// </summary>
internal sealed class KeyMiddleware(RequestDelegate next, KeyCheck keys, KeyUses uses)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var need = Need.Of(context);
        if (need.IsOpen)
        {
            await next(context);
            return;
        }

        if (KeyOf(context.Request) is not { Length: > 0 } text)
        {
            throw new RequestException("auth.required", "A key is needed: send 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'.");
        }

        var key = await keys.FindAsync(text) ?? throw new RequestException("auth.invalid", "The key is not valid.");
        var route = context.Request.RouteValues;
        AuditScope.By(key.Id, key.Name, key.Org);
        Check(key, need, route["org"] as string);
        var names = new OrgNames(await OrgHeader.OfAsync(context.Request, key, keys));
        AuditScope.By(key.Id, key.Name, names.Org);
        if (route["name"] is string name)
        {
            route["name"] = names.Inside(name);
        }

        uses.Note(key);
        context.Features.Set(new ShownKey(keys, text, key, names));
        context.Response.Headers.CacheControl = "no-store";
        await next(context);
    }

    /// <param name="key">A valid key.</param>
    /// <param name="need">What the route needs.</param>
    /// <param name="org">The org in the route; null when there is none.</param>
    private static void Check(ApiKey key, Need need, string? org)
    {
        if (!key.Scopes.Allow(need.Scopes))
        {
            throw new RequestException("auth.forbidden", $"This needs a key with the scope '{string.Join("', '", ScopeNames.Of(need.Scopes))}'.");
        }

        if (key.IsHostAdmin)
        {
            return;
        }

        if (!need.EveryOrg && key.Org != Orgs.Default)
        {
            throw new RequestException("auth.forbidden", $"This needs a key of the org '{Orgs.Default}', or one with the scope 'host-admin'.");
        }

        if (org is not null && org != key.Org)
        {
            throw Orgs.Unknown(org);
        }
    }

    private static string? KeyOf(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : request.Headers["X-Api-Key"].ToString();
    }
}
