namespace PluginRuntime.Sdk;

/// <summary>What a check of one connection found.</summary>
/// <param name="IsHealthy">Whether the connection can be used.</param>
/// <param name="Detail">Why not, in a sentence without secrets; null when healthy.</param>
public readonly record struct ConnectionHealth(bool IsHealthy, string? Detail = null)
{
    /// <summary>The connection can be used.</summary>
    public static ConnectionHealth Healthy { get; } = new(true);

    /// <summary>The connection cannot be used.</summary>
    /// <param name="detail">Why, in a sentence without secrets.</param>
    public static ConnectionHealth Unhealthy(string detail) => new(false, detail);
}
