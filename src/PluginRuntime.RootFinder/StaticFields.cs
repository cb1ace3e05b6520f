using System.Diagnostics;
using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>Finds the static field that has a place in memory, by looking at all there are.</summary>
internal static class StaticFields
{
    internal const string Unknown = "a static field";

    // A big program has tens of thousands of types; the rest of the chain is worth more than this name.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    internal static string Name(ClrRuntime runtime, ulong place, Chain chain)
    {
        // Most likely it is a field of the library that the objects in the chain come from.
        var likely = chain.Objects.Select(link => runtime.GetTypeByMethodTable(link.MethodTable)?.Module?.Address).ToHashSet();
        var started = Stopwatch.StartNew();
        foreach (var module in runtime.EnumerateModules().OrderBy(module => likely.Contains(module.Address) ? 0 : 1))
        {
            foreach (var (methodTable, _) in module.EnumerateTypeDefToMethodTableMap())
            {
                if (started.Elapsed > _patience)
                {
                    return Unknown;
                }

                if (runtime.GetTypeByMethodTable(methodTable) is { IsCollectible: false } type
                    && type.StaticFields.FirstOrDefault(field => field.IsObjectReference && IsAt(runtime, field, place)) is { } found)
                {
                    return $"static {ChainText.Short(type.Name)}.{found.Name}";
                }
            }
        }

        return Unknown;
    }

    private static bool IsAt(ClrRuntime runtime, ClrStaticField field, ulong place) => runtime.AppDomains.Any(domain => field.GetAddress(domain) == place);
}
