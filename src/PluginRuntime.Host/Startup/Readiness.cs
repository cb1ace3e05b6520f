using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary>Whether balancers may send requests here: every instance that was there at the start was tried, what is required is connected, nobody asked to stop.</summary>
internal sealed class Readiness(ConnectorRuntime runtime)
{
    private volatile Task? _firstPasses;
    private volatile bool _isStopping;

    internal bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    internal bool IsReady =>
        !_isStopping
        && _firstPasses is { IsCompletedSuccessfully: true }
        && runtime.Registry.All.All(instance => instance.Definition?.Config is not { Required: true, Enabled: true } || instance.Slot.Live is not null);

    internal void Started(Task firstPasses) => _firstPasses = firstPasses;
}
