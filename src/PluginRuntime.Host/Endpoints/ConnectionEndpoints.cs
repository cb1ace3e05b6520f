using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/instances/{name}/connect</c>, <c>/disconnect</c>, <c>/reconnect</c>.</summary>
internal static class ConnectionEndpoints
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/instances/{name}/connect", (HttpContext context, ConnectorRuntime runtime, TimeProvider time, string name) =>
            EnableAsync(context, runtime, time, name, enabled: true));
        api.MapPost("/instances/{name}/disconnect", (HttpContext context, ConnectorRuntime runtime, TimeProvider time, string name) =>
            EnableAsync(context, runtime, time, name, enabled: false));
        api.MapPost("/instances/{name}/reconnect", (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            return OperationEndpoints.Accepted(context, runtime.Swaps.Reconnect(name));
        });
    }

    private static async Task<IResult> EnableAsync(HttpContext context, ConnectorRuntime runtime, TimeProvider time, string name, bool enabled)
    {
        _ = new QueryValues(context.Request);
        var definition = await InstanceChange.EnableAsync(runtime, name, enabled, context.RequestAborted);
        var instance = runtime.Get(name);
        var started = time.GetTimestamp();

        // The wish is durable; the worker carries it out. A client wants to know how that went, if it goes quickly.
        while (!IsSettled(instance.Status(), enabled) && time.GetElapsedTime(started) < _longestWait)
        {
            await Task.Delay(_look, time, context.RequestAborted);
        }

        context.Response.Headers.ETag = Preconditions.TagOf(definition.Revision);
        return Results.Json(instance.Status(), HostJson.Options);
    }

    private static bool IsSettled(InstanceStatus status, bool enabled) =>
        enabled ? status.State is ConnectionState.Connected or ConnectionState.Error : status.State == ConnectionState.Disconnected;
}
