using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Telemetry;

public sealed class OtlpExportTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task Export_CollectorThere_GetsTracesAndMetrics()
    {
        await using var collector = new Collector();
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory, Settings(collector.Address));
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        var answer = await client.SendAsync(
            HttpMethod.Post, "api/instances/demo/actions/echo", Http.Json("{}"), ("traceparent", $"00-{TraceId}-b7ad6b7169203331-01"));
        await answer.JsonAsync();

        host.Terminate();
        Assert.Equal(0, await host.EndAsync());

        Assert.All(collector.Taken, one => Assert.Equal("application/x-protobuf", one.Type));
        Assert.True(collector.Has("/v1/traces", "call echo", "attempt echo", "pluginruntime.instance", "test-service"), Paths(collector));
        Assert.Contains(collector.Taken, one => one.Path == "/v1/traces" && one.Body.AsSpan().IndexOf(Convert.FromHexString(TraceId)) >= 0);
        Assert.True(collector.Has("/v1/traces", "POST /api/instances/{name}/actions/{action}"), "The request's span has no name.");
        Assert.True(collector.Has("/v1/metrics", "pluginruntime.call.duration", "dotnet.gc.collections", "http.server.request.duration", "test-service"), Paths(collector));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Export_CollectorHangsOrIsAway_StopsNothing(bool isThere)
    {
        await using var collector = new Collector(answers: false);
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(
            directory, Settings(isThere ? collector.Address : new($"http://127.0.0.1:{Collector.FreePort()}")));
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        await (await client.PostAsync("api/instances/demo/actions/echo", "{}")).JsonAsync();

        host.Terminate();

        // Within the bound of a poll, which is far below what the exporter itself would wait for.
        Assert.Equal(0, await host.EndAsync());
        Assert.Contains("Stopped", host.Output, StringComparison.Ordinal);
        Assert.Equal("", host.Error);
    }

    [Fact]
    public async Task Start_NoAddress_IsRefused()
    {
        using var directory = new HostDirectory();

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, [new("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")]);

        Assert.Equal(2, exitCode);
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", error, StringComparison.Ordinal);
    }

    private static string Paths(Collector collector) => string.Join(", ", collector.Taken.Select(one => $"{one.Path} {one.Body.Length}"));

    private static Dictionary<string, string> Settings(Uri address) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_SERVICE_NAME"] = "test-service",
    };
}
