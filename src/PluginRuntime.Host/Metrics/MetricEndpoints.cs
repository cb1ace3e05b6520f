using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Metrics;

/// <summary><c>/metrics</c>: open, and added up over instances, so that it names none. <c>/api/metrics</c>: all of a key's org, and of
/// every org for the host's administrator who chooses none.</summary>
internal static class MetricEndpoints
{
    private static readonly string[] _reading = ["GET", "HEAD"];

    // A list of what may be shown, not of what may not: a tag that is new is not shown.
    private static readonly HashSet<string> _openTags = new(StringComparer.Ordinal)
    {
        "code", "type", "state", "health", "result", MetricInstrument.Overflow,
        "gc.heap.generation", "dotnet.gc.heap.generation", "cpu.mode",
        "http.request.method", "http.response.status_code", "http.route", "network.protocol.name", "network.protocol.version", "url.scheme",
    };

    internal static void MapOpen(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/metrics", _reading, (MetricCollector metrics) => Results.Text(metrics.Read(_openTags.Contains), PrometheusText.ContentType)).NeedsNoKey();

    internal static void Map(IEndpointRouteBuilder api) => api.MapGet("/metrics", (HttpContext context, MetricCollector metrics) =>
    {
        _ = new QueryValues(context.Request);
        var isOfAll = context.Caller().IsHostAdmin && !context.Request.Headers.ContainsKey(OrgHeader.Name);
        return Results.Text(metrics.Read(static _ => true, isOfAll ? null : context.Names()), PrometheusText.ContentType);
    }).NeedsOfEveryOrg(Scopes.Read);
}
