using PluginRuntime.Execution;
using PluginRuntime.Health;

namespace PluginRuntime.Management;

/// <summary>A version that gets a share of an instance's calls, and what belongs to it.</summary>
/// <param name="Version">The version.</param>
/// <param name="Reservation">The permits borrowed for it.</param>
/// <param name="Route">Its share.</param>
/// <param name="Trial">Finds the verdict.</param>
/// <param name="Monitor">Watches its health.</param>
internal sealed record RunningCanary(LiveVersion Version, IDisposable? Reservation, CanaryRoute Route, CanaryTrial Trial, HealthMonitor Monitor);
