using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.Startup;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/admin/drain</c>: takes this host out of use, and back.</summary>
internal static class DrainEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/admin/drain", (HttpContext context, HostDrain drain, ILogger<HostDrain> logger) =>
        {
            _ = new QueryValues(context.Request);
            logger.DrainAsked(context.Caller().Id);
            var operation = drain.Begin();
            context.Response.Headers.Location = $"/api/operations/{operation.Id}";
            return Results.Json(operation.Snapshot(), HostJson.Options, statusCode: StatusCodes.Status202Accepted);
        }).Needs(Scopes.HostAdmin);
        api.MapDelete("/admin/drain", (HttpContext context, HostDrain drain, ILogger<HostDrain> logger) =>
        {
            _ = new QueryValues(context.Request);
            var wasDraining = drain.TryUndo();
            if (wasDraining)
            {
                logger.DrainUndone(context.Caller().Id);
            }

            return Results.Json(new { message = wasDraining ? "The host takes calls again." : "The host was not being drained." }, HostJson.Options);
        }).Needs(Scopes.HostAdmin);
    }
}
