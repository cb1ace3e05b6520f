namespace PluginRuntime.Health;

/// <summary>How often an instance is checked, and when its verdict changes.</summary>
public sealed record HealthOptions
{
    /// <summary>About how often it is checked while it is well; each time up to a tenth sooner or later. Default 30 s; 100 ms to 1 day.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest a check may take. Default 5 s; 1 ms to 1 day.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many failures in a row, of checks and of calls at the connection, make it unhealthy. Default 3; 1 to 1,000.</summary>
    public int FailureThreshold { get; init; } = 3;

    /// <summary>How many successes in a row make it healthy again. Default 2; 1 to 1,000.</summary>
    public int SuccessThreshold { get; init; } = 2;
}
