using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/orgs</c>: the tenants of the host.</summary>
internal static class OrgEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/orgs", ListAsync).Needs(Scopes.HostAdmin);
        api.MapPost("/orgs", CreateAsync).Needs(Scopes.HostAdmin);
        api.MapGet("/orgs/{org}", ShowAsync).Needs(Scopes.HostAdmin);
        api.MapPut("/orgs/{org}/limits", LimitAsync).Needs(Scopes.HostAdmin);
        api.MapDelete("/orgs/{org}", DeleteAsync).Needs(Scopes.HostAdmin);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, KeyStore store)
    {
        var page = Page.From(new QueryValues(request, Page.LimitName, Page.CursorName));
        var (items, next) = page.Of((await store.OrgsAsync()).OrderBy(org => org.Name, StringComparer.Ordinal), org => org.Name);
        return Results.Json(new { items, nextCursor = next }, HostJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, KeyStore store, TimeProvider timeProvider, ILogger<KeyStore> logger)
    {
        _ = new QueryValues(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var name = KeyRequest.ReadOrg(body.RootElement);
        if (!await store.TryAddAsync(new Org(name, timeProvider.GetUtcNow())))
        {
            throw new RequestException("org.exists", $"There is an org '{name}' already.");
        }

        logger.OrgChanged(name, "created", context.Caller().Id);
        return Results.Json(await store.FindOrgAsync(name), HostJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ShowAsync(HttpRequest request, KeyStore store, OrgQuotas quotas, TimeProvider timeProvider, string org)
    {
        _ = new QueryValues(request);
        return await ViewAsync(store, quotas, timeProvider, org);
    }

    private static async Task<IResult> LimitAsync(
        HttpContext context, KeyStore store, OrgQuotas quotas, OrgLimitWatch watch, TimeProvider timeProvider, ILogger<KeyStore> logger, string org)
    {
        _ = new QueryValues(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        if (!await store.TryLimitAsync(org, LimitsRequest.Read(body.RootElement)))
        {
            throw Orgs.Unknown(org);
        }

        await watch.LookAsync();
        logger.OrgChanged(org, "limited", context.Caller().Id);
        return await ViewAsync(store, quotas, timeProvider, org);
    }

    private static async Task<IResult> ViewAsync(KeyStore store, OrgQuotas quotas, TimeProvider timeProvider, string org)
    {
        var found = await store.FindOrgAsync(org) ?? throw Orgs.Unknown(org);
        var (given, use) = await store.UseOfAsync(org, timeProvider.GetUtcNow());
        return Results.Json(new { found.Name, found.Created, limits = quotas.LimitsOf(org, given), given, use }, HostJson.Options);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, ConnectorRuntime runtime, KeyStore store, TimeProvider timeProvider, ILogger<KeyStore> logger, string org)
    {
        _ = new QueryValues(context.Request);
        _ = await store.FindOrgAsync(org) ?? throw Orgs.Unknown(org);
        if (org == Orgs.Default)
        {
            throw new RequestException("org.in-use", $"The org '{Orgs.Default}' is the host's own.");
        }

        if (!await store.TryRemoveOrgAsync(org, timeProvider.GetUtcNow()))
        {
            throw new RequestException("org.in-use", $"The org '{org}' has keys that are valid, instances, credentials, or connectors.");
        }

        // Whoever makes an org of this name again is somebody else.
        await runtime.Manifests.UnshareAsync(org);
        logger.OrgChanged(org, "removed", context.Caller().Id);
        return Results.Json(new { name = org, change = "delete" }, HostJson.Options);
    }
}
