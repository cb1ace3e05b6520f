namespace PluginRuntime.Management;

/// <summary>What came of connecting or disconnecting one of all instances.</summary>
/// <param name="Instance">The instance's name.</param>
/// <param name="Status">
/// How it stands after the try, which may have failed: see <see cref="InstanceStatus.LastError"/>. Null when it was refused.
/// </param>
/// <param name="Refusal">Why nothing was done; null when something was.</param>
public sealed record ConnectionResult(string Instance, InstanceStatus? Status, PluginRuntimeException? Refusal);
