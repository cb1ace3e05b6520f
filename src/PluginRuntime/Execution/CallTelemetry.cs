using System.Diagnostics;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Execution;

/// <summary>Measures calls and their attempts, and makes their spans. Does next to nothing while nobody wants to know.</summary>
/// <param name="metrics">Where calls are counted; null counts none.</param>
internal sealed class CallTelemetry(RuntimeMetrics? metrics)
{
    /// <summary>The action of a call whose own is not in the manifest: what callers send must not make names.</summary>
    internal const string Unknown = "unknown";

    // What the caller gave up has no code of its own: it is no failure of the call.
    private const string Cancelled = "cancelled";
    private const string Bug = "host.bug";

    /// <summary>A call begins. To be disposed of, once it was told how it ended.</summary>
    internal CallScope Start(InstanceSlot slot, string action) => new(this, slot, action);

    /// <summary>An attempt begins, on a generation that knows its action. To be disposed of.</summary>
    /// <param name="generation">Where it runs.</param>
    /// <param name="action">The action.</param>
    /// <param name="number">1 for the first.</param>
    internal AttemptScope StartAttempt(Generation generation, ActionPlan action, int number)
    {
        if (number > 1)
        {
            metrics?.Retried(generation.Instance, generation.Identity.Id, action.Id);
        }

        return new(this, generation, action, number);
    }

    internal static string CodeOf(Exception failure) => failure switch
    {
        PluginRuntimeException known => known.Code,
        OperationCanceledException => Cancelled,
        _ => Bug,
    };

    private static Activity? StartActivity(string name, ActivityKind kind, Generation? generation, string instance, string action)
    {
        var activity = RuntimeActivities.Source.StartActivity(name, kind);
        activity?.SetTag("pluginruntime.instance", instance);
        activity?.SetTag("pluginruntime.action", action);
        if (generation is not null)
        {
            activity?.SetTag("pluginruntime.connector", generation.Identity.Id);
            activity?.SetTag("pluginruntime.version", generation.Identity.Version.ToString());
        }

        return activity;
    }

    private static void End(Activity? activity, string code)
    {
        if (activity is not null && code is not RuntimeMetrics.Ok)
        {
            activity.SetTag("error.type", code);
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    private void Measure(Generation generation, ActionPlan action, PluginRuntimeException? failure)
    {
        if (metrics is null)
        {
            return;
        }

        if (failure is not null)
        {
            metrics.AttemptFailed(generation.Instance, generation.Identity.Id, action.Id, failure.Code);
            return;
        }

        // Two that come first at a time make one each: they count in the same place.
        (action.Meter ??= metrics.MeterFor(generation.Instance, generation.Identity.Id, action.Id)).Attempts.Increment();
    }

    private void Measure(CallMeter meter, TimeSpan elapsed) => metrics?.CallSucceeded(meter, elapsed);

    private void Measure(InstanceSlot slot, Generation? generation, string action, string code, TimeSpan elapsed) =>
        metrics?.CallFailed(slot.Name, generation?.Identity.Id, generation is not null && generation.Actions.ContainsKey(action) ? action : Unknown, code, elapsed);

    /// <summary>A call under way.</summary>
    internal readonly struct CallScope : IDisposable
    {
        private readonly CallTelemetry _telemetry;
        private readonly Activity? _activity;

        internal CallScope(CallTelemetry telemetry, InstanceSlot slot, string action)
        {
            _telemetry = telemetry;
            if (RuntimeActivities.Source.HasListeners())
            {
                var live = slot.Live;
                var known = live is not null && live.Actions.ContainsKey(action) ? action : Unknown;
                _activity = StartActivity($"call {known}", ActivityKind.Internal, live, slot.Name, known);
            }
        }

        /// <summary>The call has a result.</summary>
        /// <param name="action">What its last attempt did.</param>
        /// <param name="elapsed">How long it took.</param>
        internal void Succeed(ActionPlan action, TimeSpan elapsed)
        {
            if (action.Meter is { } meter)
            {
                _telemetry.Measure(meter, elapsed);
            }
        }

        /// <summary>The call has none.</summary>
        /// <param name="slot">The instance.</param>
        /// <param name="generation">What its last attempt met, or would have.</param>
        /// <param name="action">What it asked for.</param>
        /// <param name="failure">Why.</param>
        /// <param name="elapsed">How long it took.</param>
        /// <returns>False, always: in the filter of a catch it sees the failure and leaves it on its way.</returns>
        internal bool Fail(InstanceSlot slot, Generation? generation, string action, Exception failure, TimeSpan elapsed)
        {
            var code = CodeOf(failure);
            _telemetry.Measure(slot, generation, action, code, elapsed);
            End(_activity, code);
            return false;
        }

        public void Dispose() => _activity?.Dispose();
    }

    /// <summary>An attempt under way.</summary>
    internal readonly struct AttemptScope : IDisposable
    {
        private readonly CallTelemetry _telemetry;
        private readonly Generation _generation;
        private readonly ActionPlan _action;
        private readonly Activity? _activity;

        internal AttemptScope(CallTelemetry telemetry, Generation generation, ActionPlan action, int number)
        {
            (_telemetry, _generation, _action) = (telemetry, generation, action);
            if (RuntimeActivities.Source.HasListeners())
            {
                _activity = StartActivity($"attempt {action.Id}", ActivityKind.Client, generation, generation.Instance, action.Id);
                _activity?.SetTag("pluginruntime.attempt", number);
            }
        }

        /// <summary>It has got its connection.</summary>
        internal void Rented() => _activity?.AddEvent(new("connection.rented"));

        /// <param name="failure">Null when it succeeded.</param>
        internal void End(PluginRuntimeException? failure)
        {
            _telemetry.Measure(_generation, _action, failure);
            CallTelemetry.End(_activity, failure?.Code ?? RuntimeMetrics.Ok);
        }

        public void Dispose() => _activity?.Dispose();
    }
}
