namespace PluginRuntime.Management;

/// <summary>The runtime itself failed; the log has the details.</summary>
internal sealed class HostBugException(string message) : PluginRuntimeException("host.bug", message);
