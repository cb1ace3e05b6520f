using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Metrics;
using PluginRuntime.Host.Settings;

namespace PluginRuntime.Host.Telemetry;

/// <summary>
/// Sends metrics and traces to an OpenTelemetry collector when the standard setting <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one. A collector
/// that is away or hangs stops nothing: what cannot be sent is dropped.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // ASP.NET Core leaves its spans bare unless it is told to fill them in.
    private const string BareSpans = "Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData";
    private static readonly TimeSpan _flushLimit = TimeSpan.FromSeconds(5);

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private OtlpExport(IConfiguration configuration)
    {
        var resource = ResourceBuilder.CreateEmpty()
            .AddService("pluginruntime", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3))
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        if (configuration["OTEL_TRACES_EXPORTER"] != "none")
        {
            AppContext.SetSwitch(BareSpans, false);
            _traces = OpenTelemetry.Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .SetResourceBuilder(resource)
                .AddSource(RuntimeMetrics.Name, "Microsoft.AspNetCore", "System.Net.Http")
                .AddOtlpExporter()
                .Build();
        }

        if (configuration["OTEL_METRICS_EXPORTER"] != "none")
        {
            _metrics = OpenTelemetry.Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .SetResourceBuilder(resource)
                .AddMeter(RuntimeMetrics.Name, "System.Runtime", "Microsoft.AspNetCore.*")
                .AddOtlpExporter()
                .Build();
        }
    }

    /// <returns>Null when no collector is named.</returns>
    /// <exception cref="StartException">What is named is no address.</exception>
    internal static OtlpExport? Start(IConfiguration configuration)
    {
        if (configuration[Endpoint] is not { Length: > 0 } endpoint || string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // The exporter itself would go on with an address of its own.
        return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new(configuration)
            : throw new StartException(StartException.WrongSettings, $"{Endpoint}: It has to be the address of a collector: http://HOST:PORT.");
    }

    /// <summary>Sends what is left, for a few seconds at most, and ends.</summary>
    internal async Task StopAsync(TimeProvider timeProvider)
    {
        var milliseconds = (int)_flushLimit.TotalMilliseconds;
        try
        {
            await Task.WhenAll(
                Task.Run(() => _traces?.Shutdown(milliseconds)), Task.Run(() => _metrics?.Shutdown(milliseconds))).WaitAsync(_flushLimit, timeProvider);
        }
        catch (TimeoutException)
        {
            // The collector hangs: what it did not take is lost, and the host ends all the same.
        }
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
