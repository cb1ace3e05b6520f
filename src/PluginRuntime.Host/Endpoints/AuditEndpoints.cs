using System.Globalization;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/audit</c>: who did what, newest first; and whether all of it is there.</summary>
internal static class AuditEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/audit", ListAsync).NeedsOfEveryOrg(Scopes.OrgAdmin);
        api.MapGet("/audit/check", CheckAsync).Needs(Scopes.HostAdmin);
    }

    private static async Task<IResult> ListAsync(HttpContext context, AuditLog log)
    {
        var query = new QueryValues(context.Request, Page.LimitName, Page.CursorName);
        var limit = Page.LimitOf(query);
        var before = query.Text(Page.CursorName) is not { } cursor ? default(long?)
            : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence
            : throw new RequestException("query.invalid", $"'{Page.CursorName}' has to be the nextCursor of an answer.");

        // A host's administrator who names no org sees all of them.
        var org = context.IsTrusted() && !context.Request.Headers.ContainsKey(OrgHeader.Name) ? null : context.Names().Org;
        var items = await log.ReadAsync(org, before, limit + 1);
        var next = items.Count > limit ? items[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        return Results.Json(new { items = items.Take(limit), nextCursor = next }, HostJson.Options);
    }

    private static async Task<IResult> CheckAsync(HttpContext context, AuditLog log)
    {
        _ = new QueryValues(context.Request);
        var check = await log.CheckAsync(context.RequestAborted);
        return Results.Json(
            new { whole = check.Problem is null, check.Sequence, hash = Convert.ToHexStringLower(check.Hash), check.Problem }, HostJson.Options);
    }
}
