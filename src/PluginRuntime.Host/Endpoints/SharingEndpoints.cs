using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/connectors/{id}/sharing</c>: which orgs may use a connector that was registered, besides the one whose it is.</summary>
internal static class SharingEndpoints
{
    private const string DryRun = "dryRun";
    private const string Force = "force";
    private const string OrgList = "orgs";
    private const int MostOrgs = 1000;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/connectors/{id}/sharing", Show).NeedsOfEveryOrg(Scopes.Read);
        api.MapPut("/connectors/{id}/sharing", PutAsync).NeedsOfEveryOrg(Scopes.OrgAdmin);
    }

    private static IResult Show(HttpContext context, ConnectorRuntime runtime, string id)
    {
        _ = new QueryValues(context.Request);
        var found = runtime.Catalog.Find(RegistryEndpoints.OwnName(context, runtime, id));
        return found is [var candidate, ..] ? Results.Json(new { Orgs = candidate.SharedWith }, HostJson.Options) : throw ConnectorEndpoints.Unknown(id);
    }

    private static async Task<IResult> PutAsync(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var query = new QueryValues(context.Request, DryRun, Force);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var orgs = Read(body.RootElement);
        if (orgs.Contains(ConnectorName.EveryOrg) && !context.IsTrusted())
        {
            throw new RequestException("auth.forbidden", "To share a connector with all orgs a key with the scope 'host-admin' is needed.");
        }

        var name = RegistryEndpoints.OwnName(context, runtime, id);
        await runtime.Manifests.ShareAsync(
            name, orgs, RegistryEndpoints.Asker(context), query.Flag(Force) ?? false, query.Flag(DryRun) ?? false, context.RequestAborted);
        return Results.Json(new { Orgs = orgs }, HostJson.Options);
    }

    // Whether an org exists is not told to others.
    private static List<string> Read(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object
            && body.EnumerateObject().Select(property => property.Name).SequenceEqual([OrgList])
            && body.GetProperty(OrgList) is { ValueKind: JsonValueKind.Array } list
            && list.GetArrayLength() <= MostOrgs
            && list.EnumerateArray().All(org => org.ValueKind == JsonValueKind.String && (org.ValueEquals(ConnectorName.EveryOrg) || Orgs.IsName(org.GetString())))
                ? [.. list.EnumerateArray().Select(org => org.GetString()!).Distinct().Order(StringComparer.Ordinal)]
                : throw new RequestException("request.invalid", $"The body has to be {{\"orgs\": [\"acme\", …]}}, with at most {MostOrgs} names of orgs, or \"*\" for all; [] shares with nobody.");
}
