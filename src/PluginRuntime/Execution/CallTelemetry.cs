using System.Diagnostics;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Execution;

/// <summary>Measures calls and their attempts, makes their spans, and tells of their ends. Does next to nothing while nobody wants to know.</summary>
/// <param name="metrics">Where calls are counted; null counts none.</param>
/// <param name="feed">Who is told how calls end; null for nobody.</param>
internal sealed class CallTelemetry(RuntimeMetrics? metrics, CallFeed? feed = null)
{
    /// <summary>The action of a call whose own is not in the manifest: what callers send must not make names.</summary>
    internal const string Unknown = "unknown";

    // What the caller gave up has no code of its own: it is no failure of the call.
    private const string Cancelled = "cancelled";
    private const string Bug = "host.bug";

    /// <summary>Whether somebody wants to see the spans of calls.</summary>
    internal static bool IsTraced => RuntimeActivities.Source.HasListeners();

    /// <summary>A traced call begins. <see cref="Succeeded"/> or <see cref="Failed"/> follows, and then its span is to be disposed of.</summary>
    /// <returns>Its span; null where nobody wants this one.</returns>
    internal static Activity? Start(Call call)
    {
        var live = call.Slot.Live;
        var action = Known(live, call.Action);
        return call.Span = StartActivity($"call {action}", ActivityKind.Internal, live, call.Slot.Name, action);
    }

    /// <summary>A call has its result, and so its last attempt has succeeded.</summary>
    internal void Succeeded(Call call, TimeSpan elapsed)
    {
        if (metrics is not null)
        {
            // Two that come first at a time make a meter each: they count in the same place.
            var (generation, action) = (call.MetBy!, call.Plan!);
            metrics.CallSucceeded(action.Meter ??= metrics.MeterFor(generation.Instance, generation.Identity.Id, action.Id), elapsed);
        }

        if (feed is { IsHeard: true })
        {
            feed.Tell(call.Slot, call.MetBy, call.Action, elapsed, call.Attempts, null);
        }
    }

    /// <summary>A call has failed.</summary>
    /// <returns>False, always: in the filter of a catch it sees the failure and leaves it on its way.</returns>
    internal bool Failed(Call call, Exception failure)
    {
        var code = CodeOf(failure);
        var (generation, elapsed) = (call.MetBy ?? call.Slot.Live, call.Elapsed);
        Measure(call.Slot, generation, call.Action, code, elapsed);
        End(call.Span, code);
        if (feed is { IsHeard: true })
        {
            feed.Tell(call.Slot, generation, call.Action, elapsed, call.Attempts, failure);
        }

        return false;
    }

    /// <summary>A call found nothing that could take it.</summary>
    internal void Refused(InstanceSlot slot, string action, PluginRuntimeException failure)
    {
        using var span = IsTraced ? StartActivity($"call {Unknown}", ActivityKind.Internal, null, slot.Name, Unknown) : null;
        Measure(slot, null, action, failure.Code, TimeSpan.Zero);
        End(span, failure.Code);
        if (feed is { IsHeard: true })
        {
            feed.Tell(slot, null, action, TimeSpan.Zero, 0, failure);
        }
    }

    /// <summary>An attempt begins, on a generation that knows its action. <see cref="AttemptFailed"/> follows where it fails; its span is to be disposed of.</summary>
    internal void StartAttempt(Call call)
    {
        var (generation, action) = (call.MetBy!, call.Plan!);
        if (call.Attempts > 1)
        {
            metrics?.Retried(generation.Instance, generation.Identity.Id, action.Id);
        }

        if (IsTraced)
        {
            call.AttemptSpan = StartActivity($"attempt {action.Id}", ActivityKind.Client, generation, generation.Instance, action.Id);
            call.AttemptSpan?.SetTag("pluginruntime.attempt", call.Attempts);
        }
    }

    /// <summary>An attempt has failed.</summary>
    internal void AttemptFailed(Call call, PluginRuntimeException failure)
    {
        var (generation, action) = (call.MetBy!, call.Plan!);
        metrics?.AttemptFailed(generation.Instance, generation.Identity.Id, action.Id, failure.Code);
        End(call.AttemptSpan, failure.Code);
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

    private void Measure(InstanceSlot slot, Generation? generation, string action, string code, TimeSpan elapsed) =>
        metrics?.CallFailed(slot.Name, generation?.Identity.Id, Known(generation, action), code, elapsed);

    private static string Known(Generation? generation, string action) => generation is not null && generation.Actions.ContainsKey(action) ? action : Unknown;
}
