using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Metrics;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// A call through the runtime, with everything that one with the default options does, against stock Polly (retry, breaker, timeout) round
/// the same connector. The connector does next to nothing, so that what is measured is the host.
/// </summary>
internal static class CallBenchmark
{
    private static readonly byte[] _input = "{}"u8.ToArray();

    internal static async Task RunAsync(Report report)
    {
        var directory = Directory.CreateTempSubdirectory("benchmark-");
        try
        {
            // As the host has it: every call is measured for /metrics.
            using var metrics = new MetricCollector(MetricCollector.IsShown, NullLogger<MetricCollector>.Instance);
            using var host = Build(directory.FullName);
            await host.StartAsync();
            var runtime = host.Services.GetRequiredService<IConnectorRuntime>();
            await runtime.RegisterAsync(new NoConnector(), new() { Id = "no" });
            var connector = new NoConnector();
            var pipeline = new ResiliencePipelineBuilder()
                .AddRetry(new RetryStrategyOptions())
                .AddCircuitBreaker(new CircuitBreakerStrategyOptions())
                .AddTimeout(new TimeoutStrategyOptions())
                .Build();
            await Paired.MeasureAsync(
                report,
                ("polly-sync", times => PollyAsync(pipeline, connector, NoConnector.Sync, times)),
                ("host-sync", times => HostAsync(runtime, NoConnector.Sync, times)),
                ("direct", times => DirectAsync(connector, NoConnector.Sync, times)));
            await Paired.MeasureAsync(
                report,
                ("polly-suspending", times => PollyAsync(pipeline, connector, NoConnector.Suspending, times)),
                ("host-suspending", times => HostAsync(runtime, NoConnector.Suspending, times)),
                ("direct-suspending", times => DirectAsync(connector, NoConnector.Suspending, times)));
            await host.StopAsync();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IHost Build(string directory)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddPluginRuntime(options =>
        {
            options.DataDirectory = Path.Combine(directory, "data");
            options.DropDirectory = null;
        });
        return builder.Build();
    }

    private static async Task HostAsync(IConnectorRuntime runtime, string action, int times)
    {
        var output = new ArrayBufferWriter<byte>(256);
        for (var i = 0; i < times; i++)
        {
            output.ResetWrittenCount();
            await runtime.InvokeAsync("no", action, _input, output);
        }
    }

    private static async Task PollyAsync(ResiliencePipeline pipeline, NoConnector connector, string action, int times)
    {
        var state = (connector, action, output: new ArrayBufferWriter<byte>(256));
        var connection = new object();
        for (var i = 0; i < times; i++)
        {
            state.output.ResetWrittenCount();
            await pipeline.ExecuteAsync(
                static (state, token) => state.connector.InvokeAsync(state.action, state.action, _input, state.output, token), state);
        }

        GC.KeepAlive(connection);
    }

    private static async Task DirectAsync(NoConnector connector, string action, int times)
    {
        var output = new ArrayBufferWriter<byte>(256);
        for (var i = 0; i < times; i++)
        {
            output.ResetWrittenCount();
            await connector.InvokeAsync(action, action, _input, output, CancellationToken.None);
        }
    }
}
