namespace PluginRuntime.Host.Audit;

/// <summary>Marks a route that changes nothing, although its method may: the audit log leaves it out.</summary>
internal sealed class LooksOnly
{
    internal static LooksOnly Mark { get; } = new();
}
