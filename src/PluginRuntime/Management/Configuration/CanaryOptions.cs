namespace PluginRuntime.Management;

/// <summary>How a new version is tried where <see cref="UpdateMode.Canary"/> is set. JSON: <c>canary</c>.</summary>
public sealed record CanaryOptions
{
    /// <summary>The share of the calls that the new version gets, above 0 and at most 1. Default: 0.05.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>How long it is compared with the live version before it takes over. Default: 5 minutes.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>From how many of its calls on it is judged before <see cref="Time"/> is over. Default: 100.</summary>
    public int Calls { get; init; } = 100;
}
