using System.Diagnostics;

namespace PluginRuntime.Diagnostics;

/// <summary>The source of the runtime's spans. While nobody listens it makes none.</summary>
internal static class RuntimeActivities
{
    internal static ActivitySource Source { get; } =
        new(RuntimeMetrics.Name, typeof(RuntimeActivities).Assembly.GetName().Version?.ToString(3) ?? "");
}
