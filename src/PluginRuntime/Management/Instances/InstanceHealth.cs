using PluginRuntime.Health;

namespace PluginRuntime.Management;

/// <summary>What a check found about one of all instances.</summary>
/// <param name="Instance">The instance's name.</param>
/// <param name="Health">What was found.</param>
public sealed record InstanceHealth(string Instance, HealthReport Health);
