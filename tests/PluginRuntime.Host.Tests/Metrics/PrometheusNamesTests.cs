using PluginRuntime.Host.Metrics;

namespace PluginRuntime.Host.Tests.Metrics;

/// <summary>The examples of OpenTelemetry's rules, and their corners.</summary>
public sealed class PrometheusNamesTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", "Histogram", "http_server_request_duration_seconds")]
    [InlineData("kestrel.active_connections", "{connection}", "Gauge", "kestrel_active_connections")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", "Counter", "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("a..b--c", null, "Gauge", "a_b_c")]
    [InlineData("already_seconds", "s", "Gauge", "already_seconds")]
    [InlineData("ratio.of", "1", "Gauge", "ratio_of_ratio")]
    [InlineData("count.of", "1", "Counter", "count_of_total")]
    [InlineData("count_total", null, "Counter", "count_total")]
    [InlineData("speed", "m/s", "Gauge", "speed_meters_per_second")]
    [InlineData("rate", "{packet}/s", "Gauge", "rate_per_second")]
    [InlineData("1st", null, "Gauge", "_1st")]
    public void OfMetric_FollowsTheRules(string name, string? unit, string kind, string expected) =>
        Assert.Equal(expected, PrometheusNames.OfMetric(name, unit, Enum.Parse<MetricKind>(kind)));

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("9:a", "_9_a")]
    public void OfLabel_HoldsNothingElse(string name, string expected) => Assert.Equal(expected, PrometheusNames.OfLabel(name));
}
