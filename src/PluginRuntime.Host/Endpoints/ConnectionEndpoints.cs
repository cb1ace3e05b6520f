using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/connect</c>, <c>/disconnect</c> and <c>/reconnect</c>, of one instance or of all.</summary>
internal static class ConnectionEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/instances/{name}/connect", (HttpContext context, ConnectorRuntime runtime, string name) => EnableAsync(context, runtime, name, isEnabled: true)).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/{name}/disconnect", (HttpContext context, ConnectorRuntime runtime, string name) => EnableAsync(context, runtime, name, isEnabled: false)).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/{name}/reconnect", (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            return OperationEndpoints.Accepted(context, runtime.Swaps.Reconnect(name));
        }).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/connect", (HttpContext context, ConnectorRuntime runtime) => EnableAllAsync(context, runtime, isEnabled: true)).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/disconnect", (HttpContext context, ConnectorRuntime runtime) => EnableAllAsync(context, runtime, isEnabled: false)).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/reconnect", async (HttpContext context, ConnectorRuntime runtime) =>
        {
            _ = new QueryValues(context.Request);
            var names = context.Names();
            var ended = await runtime.Connections.ReconnectAllAsync(names.Owns, context.RequestAborted);
            return Results.Json(new { items = ended.Select(names.Outside).Select(operation => new { name = operation.Instance, operation }) }, HostJson.Options);
        }).NeedsOfEveryOrg(Scopes.Manage);
    }

    private static async Task<IResult> EnableAsync(HttpContext context, ConnectorRuntime runtime, string name, bool isEnabled)
    {
        _ = new QueryValues(context.Request);
        var status = await runtime.Connections.EnableAsync(name, isEnabled, context.RequestAborted);
        if (runtime.Registry.Find(name)?.Definition is { } definition)
        {
            context.Response.Headers.ETag = Preconditions.TagOf(definition.Revision);
        }

        return Results.Json(context.Names().Outside(status), HostJson.Options);
    }

    private static async Task<IResult> EnableAllAsync(HttpContext context, ConnectorRuntime runtime, bool isEnabled)
    {
        _ = new QueryValues(context.Request);
        var names = context.Names();
        var results = await runtime.Connections.EnableAllAsync(names.Owns, isEnabled, context.RequestAborted);
        var items = results.Select(object (result) => result.Refusal is { } refusal
            ? new { name = names.Outside(result.Instance), problem = Problem.Of(context, refusal) }
            : new { name = names.Outside(result.Instance), status = names.Outside(result.Status!) });
        return Results.Json(new { items }, HostJson.Options);
    }
}
