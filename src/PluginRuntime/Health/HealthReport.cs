namespace PluginRuntime.Health;

/// <summary>What a health check found.</summary>
/// <param name="Healthy">Whether the outside system answered as it should.</param>
/// <param name="Status">healthy, unhealthy or unknown.</param>
/// <param name="ResponseTimeMs">How long the check took, in milliseconds; null when nothing was checked.</param>
/// <param name="Error">Why not, in a sentence; null when healthy.</param>
/// <param name="LastChecked">When, UTC; null when it never was.</param>
public sealed record HealthReport(bool Healthy, string Status, double? ResponseTimeMs, string? Error, DateTimeOffset? LastChecked)
{
    /// <summary>Nothing was checked yet.</summary>
    public static HealthReport Unknown { get; } = new(false, "unknown", null, null, null);
}
