using PluginRuntime.Host.Audit;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Loading;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/connectors/{id}/contexts</c>: which versions of a connector are in memory, and what holds those that should be gone.</summary>
internal static class ContextEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/connectors/{id}/contexts", (HttpRequest request, ConnectorRuntime runtime, string id) =>
        {
            _ = new QueryValues(request);
            return Describe(runtime, id, runtime.ListContexts(id));
        }).Needs(Scopes.Read);
        api.MapPost("/connectors/{id}/contexts/explain", async (HttpRequest request, ConnectorRuntime runtime, string id, CancellationToken cancellationToken) =>
        {
            _ = new QueryValues(request);
            return Describe(runtime, id, await runtime.ExplainContextsAsync(id, cancellationToken));
        }).WithMetadata(LooksOnly.Mark).Needs(Scopes.Manage);
    }

    private static IResult Describe(ConnectorRuntime runtime, string id, IReadOnlyList<ContextFacts> facts)
    {
        if (facts.Count == 0 && runtime.Catalog.Find(id).Count == 0)
        {
            throw new RequestException("connector.unknown", $"There is no connector '{id}'.");
        }

        var items = facts.Where(each => each.CollectedAt is null).Select(each => new
        {
            Version = each.Version.ToString(),
            each.Hash,
            State = each switch
            {
                { UnloadRequestedAt: null } => "in-use",
                { HeldBy: null } => "unloading",
                _ => "held",
            },
            each.LoadedAt,
            each.UnloadRequestedAt,
            each.HeldBy,
            each.Chain,
        });
        return Results.Json(new { items, collected = facts.Count(each => each.CollectedAt is not null) }, HostJson.Options);
    }
}
