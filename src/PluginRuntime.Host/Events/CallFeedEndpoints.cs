using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Events;

/// <summary><c>GET /api/calls</c>: the calls of the org's instances as they end, as a stream of server-sent events.</summary>
internal static class CallFeedEndpoints
{
    private const string InstanceName = "instance";

    // How often, how long and with which failures an instance is called is told by its metrics and its status too, to the same readers.
    internal static void Map(IEndpointRouteBuilder api) => api.MapGet("/calls", StreamAsync).NeedsOfEveryOrg(Scopes.Read);

    private static async Task StreamAsync(HttpContext context, ConnectorRuntime runtime, TimeProvider timeProvider, IHostApplicationLifetime lifetime)
    {
        var names = context.Names();
        var instance = new QueryValues(context.Request, InstanceName).Text(InstanceName) is { } asked ? names.Inside(asked) : null;
        using var listener = runtime.Calls.Listen(end => names.Owns(end.Instance) && (instance is null || end.Instance == instance), CallStream.Capacity);
        await EventStreamAnswer.SendAsync(
            context, (output, mayRead, ended) => new CallStream(listener, names, new(output), mayRead, timeProvider).RunAsync(ended), lifetime.ApplicationStopping);
    }
}
