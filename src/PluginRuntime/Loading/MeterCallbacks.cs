using System.Collections;
using System.Diagnostics.Metrics;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>Meters whose observable instruments call back into the context: the list of all meters holds them.</summary>
internal static class MeterCallbacks
{
    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        if (UnloadSweep.Field(typeof(Meter), "s_allMeters", missing)?.GetValue(null) is not List<Meter> meters
            || UnloadSweep.Field(typeof(Meter), "_instruments", missing) is not { } instruments)
        {
            return;
        }

        Meter[] all;
        lock (LockOf(missing) ?? meters)
        {
            all = [.. meters];
        }

        foreach (var meter in all)
        {
            if (UnloadSweep.IsOf(meter, context)
                || UnloadSweep.IsOf(meter.Scope, context)
                || (instruments.GetValue(meter) is IEnumerable list && Copy(list).Any(instrument => UnloadSweep.CallsInto(instrument, context))))
            {
                meter.Dispose();
                removed.Add($"meter {meter.Name}");
            }
        }
    }

    /// <summary>The runtime guards the lists of meters and of their listeners, and each meter's instruments, by this one object.</summary>
    internal static object? LockOf(List<string> missing) =>
        UnloadSweep.Field(typeof(Instrument), "<SyncObject>k__BackingField", missing)?.GetValue(null);

    private static object[] Copy(IEnumerable list)
    {
        try
        {
            return [.. list.Cast<object>()];
        }
        catch (InvalidOperationException)
        {
            // A meter that gains instruments in this moment is alive; the next pass sees it again.
            return [];
        }
    }
}
