using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Metrics;

/// <summary><c>/metrics</c>: open, and added up over instances, so that it names none. <c>/api/metrics</c>: all, with a key.</summary>
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

    internal static void Map(IEndpointRouteBuilder api) => api.MapGet("/metrics", (HttpRequest request, MetricCollector metrics) =>
    {
        _ = new QueryValues(request);
        return Results.Text(metrics.Read(static _ => true), PrometheusText.ContentType);
    }).Needs(Scopes.HostAdmin);
}
