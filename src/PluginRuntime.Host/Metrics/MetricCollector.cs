using System.Diagnostics.Metrics;
using PluginRuntime.Host.Auth;

namespace PluginRuntime.Host.Metrics;

/// <summary>
/// Listens to meters that are known by name, and to no other: what a connector measures stays its own, and nothing of it is held here.
/// </summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _scraping = new();
    private readonly Lock _changing = new();
    private readonly ILogger<MetricCollector> _logger;

    // Guarded by _changing.
    private readonly List<MetricInstrument> _instruments = [];

    // Written by the one scrape that runs.
    private long _scrape;

    /// <param name="isWanted">Which meters, by name.</param>
    /// <param name="logger">Told of gauges that fail.</param>
    internal MetricCollector(Func<string, bool> isWanted, ILogger<MetricCollector> logger)
    {
        _logger = logger;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!isWanted(instrument.Meter.Name))
            {
                return;
            }

            var added = new MetricInstrument(instrument);
            lock (_changing)
            {
                _instruments.Add(added);
            }

            listener.EnableMeasurementEvents(instrument, added);
        };

        // An instrument of a meter that was disposed of: a runtime that ended.
        _listener.MeasurementsCompleted = (_, state) =>
        {
            lock (_changing)
            {
                _instruments.Remove((MetricInstrument)state!);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Measure(value, tags, state));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Measure(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Measure(value, tags, state));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Measure(value, tags, state));
        _listener.Start();
    }

    /// <summary>Whether the host shows a meter: its own, the runtime's of .NET, the web server's.</summary>
    internal static bool IsShown(string meter) =>
        meter is Diagnostics.RuntimeMetrics.Name or "System.Runtime" || meter.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal);

    /// <summary>Everything that was measured, as Prometheus reads it.</summary>
    /// <param name="labels">Which tags become labels; values that differ in others alone are added up.</param>
    /// <param name="names">Only what is this org's, by its own names; null for everything by the runtime's.</param>
    internal string Read(Func<string, bool> labels, OrgNames? names = null)
    {
        lock (_scraping)
        {
            Interlocked.Increment(ref _scrape);
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException exception)
            {
                // The others were asked all the same.
                _logger.GaugeFailed(exception);
            }

            List<MetricInstrument> instruments;
            lock (_changing)
            {
                instruments = [.. _instruments];
            }

            return PrometheusText.Write(instruments, _scrape, labels, names);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        ((MetricInstrument)state!).Measure(value, tags, Volatile.Read(ref _scrape));
}
