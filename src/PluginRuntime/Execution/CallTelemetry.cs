using System.Diagnostics;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Execution;

/// <summary>Measures calls and their attempts, and makes their spans. Does next to nothing while nobody wants to know.</summary>
/// <param name="metrics">Where calls are counted; null counts none.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class CallTelemetry(RuntimeMetrics? metrics, TimeProvider timeProvider)
{
    /// <summary>The action of a call whose own is not in the manifest: what callers send must not make names.</summary>
    internal const string Unknown = "unknown";

    // What the caller gave up has no code of its own: it is no failure of the call.
    private const string Cancelled = "cancelled";
    private const string Bug = "host.bug";

    /// <summary>A call begins. To be disposed of, once it was told how it ended.</summary>
    internal CallScope Start(InstanceSlot slot, string action) => new(metrics, timeProvider, slot, action);

    /// <summary>An attempt begins, on a generation that knows its action. To be disposed of.</summary>
    /// <param name="generation">Where it runs.</param>
    /// <param name="action">The action.</param>
    /// <param name="number">1 for the first.</param>
    internal AttemptScope StartAttempt(Generation generation, ActionPlan action, int number) => new(metrics, generation, action.Id, number);

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

    /// <summary>A call under way.</summary>
    internal readonly struct CallScope : IDisposable
    {
        private readonly RuntimeMetrics? _metrics;
        private readonly TimeProvider _timeProvider;
        private readonly InstanceSlot _slot;
        private readonly string? _connector;
        private readonly string _action;
        private readonly long _start;
        private readonly Activity? _activity;

        internal CallScope(RuntimeMetrics? metrics, TimeProvider timeProvider, InstanceSlot slot, string action)
        {
            _metrics = metrics is { TimesCalls: true } ? metrics : null;
            _timeProvider = timeProvider;
            _slot = slot;
            _action = action;
            if (_metrics is null && !RuntimeActivities.Source.HasListeners())
            {
                return;
            }

            var live = slot.Live;
            _connector = live?.Identity.Id;
            _action = live is not null && live.Actions.TryGetValue(action, out var plan) ? plan.Id : Unknown;
            _activity = RuntimeActivities.Source.HasListeners()
                ? StartActivity($"call {_action}", ActivityKind.Internal, live, slot.Name, _action)
                : null;
            _start = timeProvider.GetTimestamp();
        }

        internal void Succeed() => End(RuntimeMetrics.Ok);

        /// <returns>False, always: in the filter of a catch it sees the failure and leaves it on its way.</returns>
        internal bool Fail(Exception failure)
        {
            End(CodeOf(failure));
            return false;
        }

        public void Dispose() => _activity?.Dispose();

        private void End(string code)
        {
            _metrics?.CallEnded(_slot.Name, _connector, _action, code, _timeProvider.GetElapsedTime(_start));
            CallTelemetry.End(_activity, code);
        }
    }

    /// <summary>An attempt under way.</summary>
    internal readonly struct AttemptScope : IDisposable
    {
        private readonly RuntimeMetrics? _metrics;
        private readonly Generation _generation;
        private readonly string _action;
        private readonly int _number;
        private readonly Activity? _activity;

        internal AttemptScope(RuntimeMetrics? metrics, Generation generation, string action, int number)
        {
            (_metrics, _generation, _action, _number) = (metrics, generation, action, number);
            _activity = RuntimeActivities.Source.HasListeners()
                ? StartActivity($"attempt {action}", ActivityKind.Client, generation, generation.Instance, action)
                : null;
            _activity?.SetTag("pluginruntime.attempt", number);
        }

        /// <summary>It has got its connection.</summary>
        internal void Rented() => _activity?.AddEvent(new("connection.rented"));

        /// <param name="failure">Null when it succeeded.</param>
        internal void End(PluginRuntimeException? failure)
        {
            var code = failure?.Code ?? RuntimeMetrics.Ok;
            _metrics?.AttemptEnded(_generation.Instance, _generation.Identity.Id, _action, code, _number);
            CallTelemetry.End(_activity, code);
        }

        public void Dispose() => _activity?.Dispose();
    }
}
