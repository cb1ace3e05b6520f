using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;

namespace PluginRuntime.Management;

/// <summary>How an instance stands. A snapshot.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The id of its connector; null when its configuration names none.</param>
/// <param name="IsConnected">Whether it takes calls.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Health">What the last check found.</param>
/// <param name="Generation">What runs; null when nothing does.</param>
/// <param name="Pool">The connection pool of what runs; null when nothing does.</param>
/// <param name="Previous">What ran before; null when nothing did in this process.</param>
/// <param name="Hold">The version it is held on; null when it follows its range.</param>
/// <param name="Available">A better match than what runs, for an instance that is updated by hand; null when there is none.</param>
/// <param name="Quarantine">Packages that are not tried again.</param>
/// <param name="LastError">What went wrong last, while it matters; null when nothing did.</param>
/// <param name="Notice">What an operator should know; null when there is nothing.</param>
public sealed record InstanceStatus(
    string Name,
    string? Type,
    bool IsConnected,
    ConnectionState State,
    HealthReport Health,
    GenerationStatus? Generation,
    PoolStatistics? Pool,
    PreviousStatus? Previous,
    string? Hold,
    string? Available,
    IReadOnlyList<QuarantineEntry> Quarantine,
    InstanceError? LastError,
    string? Notice)
{
    /// <summary>The version that gets a share of the calls, or got one last in this process; null when none did.</summary>
    public CanaryStatus? Canary { get; init; }
}

/// <summary>The generation that runs.</summary>
/// <param name="Connector">The connector's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">The package's hash.</param>
/// <param name="Number">Counts up with each generation of this process.</param>
/// <param name="Since">Since when, UTC.</param>
public sealed record GenerationStatus(string Connector, string Version, string Hash, long Number, DateTimeOffset Since);

/// <summary>The version that ran before. Each fact is known at its own time.</summary>
/// <param name="Version">Which.</param>
/// <param name="Hash">The package's hash.</param>
/// <param name="Drained">Whether its attempts ended in time; null while that is not known.</param>
/// <param name="LateAttempts">How many had to be cancelled.</param>
/// <param name="UnloadRequested">Whether its load context was asked to unload. Not before its bake period is over.</param>
/// <param name="Collected">Whether its load context is gone.</param>
/// <param name="HeldBy">What holds it, when it should be gone and is not.</param>
public sealed record PreviousStatus(
    string Version, string Hash, bool? Drained, long LateAttempts, bool UnloadRequested, bool Collected, string? HeldBy);

/// <summary>What went wrong with an instance.</summary>
/// <param name="Code">A stable, dotted code.</param>
/// <param name="Detail">A sentence.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Errors">For a wrong configuration: everything that is wrong.</param>
public sealed record InstanceError(string Code, string Detail, DateTimeOffset At, IReadOnlyList<ValidationError> Errors);
