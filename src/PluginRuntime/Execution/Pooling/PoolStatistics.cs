namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// A pool at one moment: counts that belong together, and totals since it was made.
/// <see cref="Total"/> = <see cref="Idle"/> + <see cref="InUse"/> + <see cref="Opening"/> + <see cref="Checking"/> + <see cref="Closing"/>.
/// </summary>
public sealed record PoolStatistics
{
    /// <summary>The most connections at a time, as configured.</summary>
    public required int Size { get; init; }

    /// <summary>Connections that count against the size, from the start of opening to the end of closing.</summary>
    public required int Total { get; init; }

    /// <summary>Connections that wait for a caller.</summary>
    public required int Idle { get; init; }

    /// <summary>Connections that a caller has.</summary>
    public required int InUse { get; init; }

    /// <summary>Connections being opened.</summary>
    public required int Opening { get; init; }

    /// <summary>Connections being checked before use, since they were idle for a while.</summary>
    public required int Checking { get; init; }

    /// <summary>Connections being closed.</summary>
    public required int Closing { get; init; }

    /// <summary>Callers that wait for a connection.</summary>
    public required int Waiting { get; init; }

    /// <summary>How many connections were opened.</summary>
    public required long Opened { get; init; }

    /// <summary>How many attempts to open one failed.</summary>
    public required long OpenFailures { get; init; }

    /// <summary>How many checks before use found a connection broken.</summary>
    public required long CheckFailures { get; init; }

    /// <summary>How many connections were closed, also those whose closing failed.</summary>
    public required long Closed { get; init; }

    /// <summary>How many times closing one failed.</summary>
    public required long CloseFailures { get; init; }

    /// <summary>How many times a caller got a connection.</summary>
    public required long Rents { get; init; }

    /// <summary>How many callers waited in vain for the acquire timeout.</summary>
    public required long Timeouts { get; init; }

    /// <summary>How many callers gave up waiting.</summary>
    public required long Cancellations { get; init; }

    /// <summary>How many returns came for a connection that had been given back before. They did nothing.</summary>
    public required long DoubleReturns { get; init; }

    /// <summary>How many times a connection was lent for a check in the background. These are no <see cref="Rents"/>.</summary>
    public required long SpareRents { get; init; }

    /// <summary>How many rents lasted so long that they count as leaks, or were never ended by who had them.</summary>
    public required long Leaks { get; init; }

    /// <summary>Whether it waits for others to give back a permit: other versions of the instance, or other instances where the host's budget is full.</summary>
    public required bool AwaitsPermit { get; init; }

    /// <summary>Whether there is no connection and openings fail: until the next one is tried, callers fail at once.</summary>
    public required bool IsStarved { get; init; }

    /// <summary>What the last opening said if it failed; null when it succeeded, or when there was none.</summary>
    public required string? LastOpenFailure { get; init; }

    /// <summary>What the last failure to open, check or close said; null when none has failed.</summary>
    public required string? LastError { get; init; }

    /// <summary>Each open connection, oldest first.</summary>
    public required IReadOnlyList<ConnectionStatistics> Connections { get; init; }
}
