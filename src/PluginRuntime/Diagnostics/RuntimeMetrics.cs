using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PluginRuntime.Diagnostics;

/// <summary>
/// The instruments of one runtime, named as OpenTelemetry names them; docs/observability.md lists them. Every value of a tag is the name of an
/// instance, connector or action that is configured, or one of a fixed set of words.
/// </summary>
internal sealed class RuntimeMetrics : IDisposable
{
    /// <summary>The name of the meter, and of the activity source.</summary>
    internal const string Name = "PluginRuntime";

    /// <summary>The code of what went well.</summary>
    internal const string Ok = "ok";

    private static readonly InstrumentAdvice<double> _seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Meter _meter = new(new MeterOptions(Name) { Version = typeof(RuntimeMetrics).Assembly.GetName().Version?.ToString(3) });
    private readonly Histogram<double> _duration;
    private readonly ConcurrentDictionary<AttemptKind, StripedCounter> _attempts = new();
    private readonly Counter<long> _retries;
    private readonly Counter<long> _events;
    private readonly Counter<long> _swaps;
    private readonly Counter<long> _unloads;

    /// <param name="instances">How every instance stands now; asked when somebody reads the gauges.</param>
    internal RuntimeMetrics(Func<IEnumerable<InstanceSample>> instances)
    {
        _duration = _meter.CreateHistogram("pluginruntime.call.duration", "s", "How long calls took, with all their attempts and waits.", null, _seconds);
        _meter.CreateObservableCounter("pluginruntime.call.attempts", ObserveAttempts, "{attempt}", "Attempts of calls that have ended.");
        _retries = _meter.CreateCounter<long>("pluginruntime.call.retries", "{retry}", "Attempts after the first one of their call.");
        _events = _meter.CreateCounter<long>("pluginruntime.events", "{event}", "Events that were published.");
        _swaps = _meter.CreateCounter<long>("pluginruntime.swaps", "{swap}", "Generations that were published, refused or taken back.");
        _unloads = _meter.CreateCounter<long>("pluginruntime.unloads", "{context}", "Load contexts that were seen gone, or found held.");
        Observe("pluginruntime.instances", "{instance}", "Instances by state and health.", () => instances().Select(Standing));
        Observe("pluginruntime.pool.size", "{connection}", "The most connections at a time.", () => Pools(instances).Select(pool => Measure(pool.Size, pool.Of)));
        Observe("pluginruntime.pool.waiting", "{call}", "Callers that wait for a connection.", () => Pools(instances).Select(pool => Measure(pool.Waiting, pool.Of)));
        Observe("pluginruntime.pool.connections", "{connection}", "Connections by state.", () => Pools(instances).SelectMany(Connections));
    }

    /// <summary>What calls of an action are measured by when they succeed. To be kept: making it costs more than measuring.</summary>
    internal CallMeter MeterFor(string instance, string connector, string action) => new(
        [new("instance", instance), new("connector", connector), new("action", action), new("code", Ok)], AttemptsOf(new(instance, connector, action, Ok)));

    /// <summary>A call has succeeded, and its last attempt with it.</summary>
    internal void CallSucceeded(CallMeter meter, TimeSpan elapsed)
    {
        meter.Attempts.Increment();
        if (_duration.Enabled)
        {
            _duration.Record(elapsed.TotalSeconds, meter.Tags);
        }
    }

    /// <summary>A call has failed.</summary>
    /// <param name="instance">The instance's name.</param>
    /// <param name="connector">The connector's id; null when none was live.</param>
    /// <param name="action">One that the manifest names; else a word that stands for all others.</param>
    /// <param name="code">The stable code of its failure.</param>
    /// <param name="elapsed">How long it took.</param>
    internal void CallFailed(string instance, string? connector, string action, string code, TimeSpan elapsed)
    {
        if (_duration.Enabled)
        {
            _duration.Record(elapsed.TotalSeconds, new TagList { { "instance", instance }, { "connector", connector }, { "action", action }, { "code", code } });
        }
    }

    /// <summary>An attempt of a call has failed.</summary>
    internal void AttemptFailed(string instance, string connector, string action, string code) =>
        AttemptsOf(new(instance, connector, action, code)).Increment();

    /// <summary>A call begins another attempt.</summary>
    internal void Retried(string instance, string connector, string action)
    {
        if (_retries.Enabled)
        {
            _retries.Add(1, new("instance", instance), new("connector", connector), new("action", action));
        }
    }

    /// <summary>Counts an event, and the swap or unload that it tells of.</summary>
    internal void Count(RuntimeEvent published)
    {
        var (instance, connector) = (new KeyValuePair<string, object?>("instance", published.Instance), new KeyValuePair<string, object?>("connector", published.Connector));
        _events.Add(1, instance, connector, new("type", published.Type));
        var result = published.Type switch
        {
            EventTypes.Published => "published",
            EventTypes.Quarantined => "refused",
            EventTypes.RolledBack or EventTypes.CanaryRolledBack => "rolled_back",
            _ => null,
        };
        if (result is not null)
        {
            _swaps.Add(1, instance, connector, new("result", result));
        }

        if (published.Type == EventTypes.Unloaded)
        {
            _unloads.Add(1, connector, new("result", published.Data.ContainsKey("heldBy") ? "held" : "collected"));
        }
    }

    public void Dispose() => _meter.Dispose();

    // Observed, not recorded one by one: with every call that would cost as much as the rest of it.
    private StripedCounter AttemptsOf(AttemptKind kind) => _attempts.GetOrAdd(kind, static _ => new());

    private IEnumerable<Measurement<long>> ObserveAttempts() =>
        from attempts in _attempts
        let kind = attempts.Key
        let count = attempts.Value.Value
        where count > 0
        select new Measurement<long>(
            count, new("instance", kind.Instance), new("connector", kind.Connector), new("action", kind.Action), new KeyValuePair<string, object?>("code", kind.Code));

    private static IEnumerable<InstanceSample> Pools(Func<IEnumerable<InstanceSample>> instances) => instances().Where(sample => sample.Size > 0);

    private static Measurement<long> Standing(InstanceSample sample) =>
        new(
            1,
            new("instance", sample.Instance), new("connector", sample.Connector), new("version", sample.Version),
            new("state", sample.State), new("health", sample.Health));

    private static IEnumerable<Measurement<long>> Connections(InstanceSample sample) =>
        new (string State, int Count)[]
        {
            ("idle", sample.Idle), ("in_use", sample.InUse), ("opening", sample.Opening), ("checking", sample.Checking), ("closing", sample.Closing),
        }.Select(part => Measure(part.Count, [.. sample.Of, new("state", part.State)]));

    private static Measurement<long> Measure(long value, params KeyValuePair<string, object?>[] tags) => new(value, tags);

    private void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) =>
        _meter.CreateObservableUpDownCounter(name, observe, unit, description);

    private readonly record struct AttemptKind(string Instance, string Connector, string Action, string Code);
}
