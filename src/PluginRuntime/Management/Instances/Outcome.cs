using PluginRuntime.Health;

namespace PluginRuntime.Management;

/// <summary>What a reconciliation came to.</summary>
internal sealed record Outcome
{
    /// <summary>A generation ready to be published; null when what runs is to run on.</summary>
    internal LiveVersion? Next { get; init; }

    /// <summary>Whether <see cref="Next"/> only gets a share of the calls for now.</summary>
    internal bool IsCanary { get; init; }

    /// <summary>Whether what runs is what should run, so that no other version is to be tried beside it.</summary>
    internal bool EndsCanary { get; init; }

    /// <summary>What the check of <see cref="Next"/> found.</summary>
    internal HealthReport Health { get; init; } = HealthReport.Unknown;

    /// <summary>The permits borrowed for <see cref="Next"/>, to be given back when the generation before has ended.</summary>
    internal IDisposable? Reservation { get; init; }

    /// <summary>Whether what runs is to end although nothing takes its place: its connector was taken away.</summary>
    internal bool EndsLive { get; init; }

    /// <summary>Whether there is no connector, or one that nothing carries out.</summary>
    internal bool IsUnbound => Error is { Code: "connector.unknown" or "load.no-class" };

    /// <summary>Whether another host goes first, and this one is to ask again.</summary>
    internal bool Waits { get; init; }

    /// <summary>What was put into quarantine on the way.</summary>
    internal IReadOnlyList<QuarantineEntry> Quarantined { get; init; } = [];

    /// <summary>What went wrong and still matters.</summary>
    internal InstanceError? Error { get; init; }

    /// <summary>Whether the failure may pass by itself.</summary>
    internal bool ShouldRetry { get; init; }
}
