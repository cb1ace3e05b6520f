using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Metrics;

[Collection(RunningHost.Name)]
public sealed class MetricEndpointTests(RunningHost host)
{
    [Fact]
    public async Task Metrics_Open_NameNothing_WithAKeyTheyDo()
    {
        await host.Client.ConnectAsync("measured-orders", """{"connector":"demo","pool":{"size":3}}""");
        await (await host.Client.PostAsync("api/instances/measured-orders/actions/echo", "{}")).JsonAsync();
        await (await host.Client.PostAsync("api/instances/measured-orders/actions/nothing-known", "{}")).ProblemAsync(HttpStatusCode.NotFound, "action.unknown");
        using var nobody = new HttpClient { BaseAddress = host.Program.Url };

        var answer = await nobody.GetAsync(new Uri("metrics", UriKind.Relative));
        var open = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("# TYPE pluginruntime_call_duration_seconds histogram\n", open, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_call_duration_seconds_count{code=\"ok\"} ", open, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_call_duration_seconds_count{code=\"action.unknown\"} ", open, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_instances{health=\"healthy\",state=\"connected\"} ", open, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total{gc_heap_generation=\"gen2\"} ", open, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_bucket{", open, StringComparison.Ordinal);
        Assert.Contains("http_route=\"/api/instances/{name}/actions/{action}\"", open, StringComparison.Ordinal);
        Assert.Contains("kestrel_active_connections ", open, StringComparison.Ordinal);
        foreach (var name in new[] { "measured", "fixed", "misspelt", "demo", "stubborn", "sqlite", "echo", "nothing-known", "instance=", "connector=", "action=" })
        {
            Assert.DoesNotContain(name, open, StringComparison.Ordinal);
        }

        await (await nobody.SendAsync(HttpMethod.Get, "api/metrics")).ProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
        var all = await host.Client.GetStringAsync(new Uri("api/metrics", UriKind.Relative));
        Assert.Contains(
            "pluginruntime_call_duration_seconds_count{action=\"echo\",code=\"ok\",connector=\"demo\",instance=\"measured-orders\"} 1\n", all, StringComparison.Ordinal);
        Assert.Contains(
            "pluginruntime_call_duration_seconds_count{action=\"unknown\",code=\"action.unknown\",connector=\"demo\",instance=\"measured-orders\"} 1\n",
            all,
            StringComparison.Ordinal);
        Assert.DoesNotContain("nothing-known", all, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_pool_size{connector=\"demo\",instance=\"measured-orders\"} 3\n", all, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_events_total{connector=\"demo\",instance=\"measured-orders\",type=\"instance.published\"} 1\n", all, StringComparison.Ordinal);
        Assert.Contains("pluginruntime_swaps_total{connector=\"demo\",instance=\"measured-orders\",result=\"published\"} 1\n", all, StringComparison.Ordinal);
    }
}
