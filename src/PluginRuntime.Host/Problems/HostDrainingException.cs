namespace PluginRuntime.Host.Problems;

/// <summary>The host takes no calls: somebody drains it.</summary>
internal sealed class HostDrainingException() : PluginRuntimeException("host.draining", "The host is being drained and takes no more calls.")
{
    public override bool IsTransient => true;
}
