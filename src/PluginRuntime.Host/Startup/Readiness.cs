using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary>Whether balancers may send requests here: every instance that was there at the start was tried, what is required is connected and healthy, nobody asked to stop or drains.</summary>
internal sealed class Readiness(ConnectorRuntime runtime, HostDrain drain)
{
    private volatile Task? _firstPasses;
    private volatile bool _isStopping;

    internal bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    /// <summary>Why not, in a word that names nothing: stopping, draining, starting, or unready for a required instance that is not connected; null when ready.</summary>
    internal string? Why =>
        _isStopping ? "stopping"
        : drain.IsDraining ? "draining"
        : _firstPasses is not { IsCompletedSuccessfully: true } ? "starting"
        : runtime.Registry.All.Any(instance => instance.Definition?.Config is { Required: true, Enabled: true } && !instance.IsConnected) ? "unready"
        : null;

    internal void Started(Task firstPasses) => _firstPasses = firstPasses;
}
