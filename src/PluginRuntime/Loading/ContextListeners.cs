using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>Listeners to activities, measurements, events and diagnostics that a package started and never stopped: static lists hold them.</summary>
internal static class ContextListeners
{
    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        foreach (var listener in Activities(missing).Concat(Measurements(missing)).Concat(Events(missing)).Concat(Diagnostics(missing)))
        {
            if (UnloadSweep.CallsInto(listener, context))
            {
                ((IDisposable)listener).Dispose();
                removed.Add($"listener {listener.GetType().Name}");
            }
        }
    }

    private static IEnumerable<object> Activities(List<string> missing) =>
        UnloadSweep.Field(typeof(ActivitySource), "s_allListeners", missing) is { } all
        && UnloadSweep.Field(all.FieldType, "_volatileArray", missing) is { } array
        && all.GetValue(null) is { } list && array.GetValue(list) is object?[] listeners
            ? listeners.OfType<ActivityListener>()
            : [];

    private static MeterListener[] Measurements(List<string> missing)
    {
        if (UnloadSweep.Field(typeof(MeterListener), "s_allStartedListeners", missing)?.GetValue(null) is not List<MeterListener> listeners)
        {
            return [];
        }

        lock (MeterCallbacks.LockOf(missing) ?? listeners)
        {
            return [.. listeners];
        }
    }

    private static List<object> Events(List<string> missing) =>
        UnloadSweep.Field(typeof(EventListener), "s_Listeners", missing) is { } first
        && UnloadSweep.Field(typeof(EventListener), "m_Next", missing) is { } next
            ? Chain(first.GetValue(null), next)
            : [];

    // Who subscribed to the list of all sources, and who to one of them.
    private static List<object> Diagnostics(List<string> missing)
    {
        var found = new List<object>();
        var type = typeof(DiagnosticListener);
        if (UnloadSweep.Field(type, "s_allListenerObservable", missing) is { } observable
            && UnloadSweep.Field(observable.FieldType, "_subscriptions", missing) is { } toAll
            && UnloadSweep.Field(toAll.FieldType, "Next", missing) is { } nextToAll
            && observable.GetValue(null) is { } all)
        {
            found.AddRange(Chain(toAll.GetValue(all), nextToAll));
        }

        if (UnloadSweep.Field(type, "s_allListeners", missing) is { } first
            && UnloadSweep.Field(type, "_next", missing) is { } nextSource
            && UnloadSweep.Field(type, "_subscriptions", missing) is { } toOne
            && UnloadSweep.Field(toOne.FieldType, "Next", missing) is { } nextToOne)
        {
            found.AddRange(Chain(first.GetValue(null), nextSource).SelectMany(source => Chain(toOne.GetValue(source), nextToOne)));
        }

        return found;
    }

    // Read whole before anything is disposed of, which unlinks it.
    private static List<object> Chain(object? first, FieldInfo next)
    {
        var found = new List<object>();
        for (var node = first; node is not null; node = next.GetValue(node))
        {
            found.Add(node);
        }

        return found;
    }
}
