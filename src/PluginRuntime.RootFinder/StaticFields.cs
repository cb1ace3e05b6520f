using System.Diagnostics;
using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>Finds the static field that has a place in memory, by looking at all there are.</summary>
internal static class StaticFields
{
    internal const string Unknown = "a static field";

    // The rest of the chain is worth more than this name.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    internal static string Name(int processId, ulong place)
    {
        // The list of a module's types is sometimes cut short (seen with .NET 10.0.12: 367, 554 or 1,022 of 1,022, whether the process is
        // stopped or not), and is another with each attachment.
        var started = Stopwatch.StartNew();
        while (started.Elapsed < _patience)
        {
            using var target = DataTarget.AttachToProcess(processId, suspend: false);
            using var runtime = target.ClrVersions[0].CreateRuntime();
            var found = runtime.EnumerateModules()
                .SelectMany(module => module.EnumerateTypesWithStaticFields())
                .TakeWhile(_ => started.Elapsed < _patience)
                .Where(type => !type.IsCollectible)
                .SelectMany(type => type.StaticFields.Where(field => field.IsObjectReference), (type, field) => (type, field))
                .FirstOrDefault(pair => runtime.AppDomains.Any(domain => pair.field.GetAddress(domain) == place));
            if (found.field is not null)
            {
                return $"static {ChainText.Short(found.type.Name)}.{found.field.Name}";
            }
        }

        return Unknown;
    }
}
