namespace PluginRuntime.Execution;

/// <summary>When an instance stops calling an outside system that does not answer.</summary>
public sealed record BreakerOptions
{
    /// <summary>How many attempts in a row have to fail at the connection to open it. Default 5; 1 to 1,000,000.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>
    /// How long calls are refused then, unless a health check succeeds before; after it one attempt tries. Default 5 s; 1 ms to 1 day.
    /// </summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(5);
}
