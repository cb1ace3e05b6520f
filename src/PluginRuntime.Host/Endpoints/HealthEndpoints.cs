using PluginRuntime.Health;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.Startup;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary>Health: of instances, with a key; of the host, open and without a name of anything.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] _reading = ["GET", "HEAD"];

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/instances/{name}/health", (HttpRequest request, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(request);
            return Results.Json(runtime.GetHealthStatus(name), HostJson.Options);
        }).NeedsOfEveryOrg(Scopes.Read);
        api.MapPost("/instances/{name}/health/check", async (HttpRequest request, ConnectorRuntime runtime, string name, CancellationToken cancellationToken) =>
        {
            _ = new QueryValues(request);
            return Results.Json(await runtime.CheckHealthAsync(name, cancellationToken), HostJson.Options);
        }).NeedsOfEveryOrg(Scopes.Invoke);
        api.MapGet("/health", (HttpRequest request, ConnectorRuntime runtime) =>
        {
            _ = new QueryValues(request);
            var names = request.HttpContext.Names();
            return Listed(names, Own(runtime, names).Select(instance => (instance, instance.Health)));
        }).NeedsOfEveryOrg(Scopes.Read);
        api.MapPost("/health/check", async (HttpRequest request, ConnectorRuntime runtime, CancellationToken cancellationToken) =>
        {
            _ = new QueryValues(request);
            var names = request.HttpContext.Names();
            var all = Own(runtime, names).ToList();
            return Listed(names, all.Zip(await Task.WhenAll(all.Select(instance => instance.CheckAsync(cancellationToken)))));
        }).NeedsOfEveryOrg(Scopes.Invoke);
    }

    internal static void MapOpen(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/health/live", _reading, () => Results.Json(new { status = "live" }, HostJson.Options)).NeedsNoKey();
        routes.MapMethods("/health/ready", _reading, (Readiness readiness) => readiness.Why is { } why
            ? Results.Json(new { status = why }, HostJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Json(new { status = "ready" }, HostJson.Options)).NeedsNoKey();
    }

    private static IEnumerable<Instance> Own(ConnectorRuntime runtime, OrgNames names) => runtime.Registry.All.Where(instance => names.Owns(instance.Name));

    /// <summary>Healthy as a whole means: every instance that is meant to serve is.</summary>
    private static IResult Listed(OrgNames names, IEnumerable<(Instance Instance, HealthReport Report)> all)
    {
        var items = all.Select(pair => new
        {
            Name = names.Outside(pair.Instance.Name),
            pair.Report.Healthy,
            pair.Report.Status,
            pair.Report.ResponseTimeMs,
            pair.Report.Error,
            pair.Report.LastChecked,
            Enabled = pair.Instance.Definition?.Config?.Enabled ?? true,
        }).ToList();
        return Results.Json(new { healthy = items.TrueForAll(item => item.Healthy || !item.Enabled), items }, HostJson.Options);
    }
}
