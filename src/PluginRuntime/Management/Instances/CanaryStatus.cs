namespace PluginRuntime.Management;

/// <summary>What became of a canary.</summary>
public enum CanaryVerdict
{
    /// <summary>It is still tried.</summary>
    Pending,

    /// <summary>It took over all calls.</summary>
    Promoted,

    /// <summary>It was taken away, and is in quarantine.</summary>
    RolledBack,

    /// <summary>It was taken away for something else: another version came, or somebody swapped.</summary>
    Ended,
}

/// <summary>A version that gets a share of the calls, or got one last. A snapshot.</summary>
/// <param name="Version">Which.</param>
/// <param name="Hash">The package's hash.</param>
/// <param name="Share">Its share of the calls, above 0 and at most 1.</param>
/// <param name="Since">Since when it is compared, UTC.</param>
/// <param name="Until">When it takes over if nothing speaks against it, UTC.</param>
/// <param name="Calls">Its attempts since then.</param>
/// <param name="ErrorRate">Their share of failures that speak against it, 0 to 1.</param>
/// <param name="MedianMs">How long half of its successful calls took at most, to a tenth; null without one.</param>
/// <param name="Live">The version that gets the rest, in the same time.</param>
/// <param name="Verdict">What became of it.</param>
/// <param name="Reason">Why, in a sentence; null while it is pending.</param>
public sealed record CanaryStatus(
    string Version,
    string Hash,
    double Share,
    DateTimeOffset Since,
    DateTimeOffset Until,
    long Calls,
    double ErrorRate,
    double? MedianMs,
    CanaryComparison Live,
    CanaryVerdict Verdict,
    string? Reason);

/// <summary>What a canary is compared with.</summary>
/// <param name="Version">The live version.</param>
/// <param name="Calls">Its attempts.</param>
/// <param name="ErrorRate">Their share of failures that speak against it, 0 to 1.</param>
/// <param name="MedianMs">How long half of its successful calls took at most, to a tenth; null without one.</param>
public sealed record CanaryComparison(string Version, long Calls, double ErrorRate, double? MedianMs);
