namespace PluginRuntime.Diagnostics;

/// <summary>How an instance stands at one moment, as gauges show it.</summary>
internal readonly record struct InstanceSample
{
    internal required string Instance { get; init; }

    internal required string? Connector { get; init; }

    internal required string? Version { get; init; }

    internal required string State { get; init; }

    internal required string Health { get; init; }

    /// <summary>0 when it has no pool.</summary>
    internal int Size { get; init; }

    internal int Idle { get; init; }

    internal int InUse { get; init; }

    internal int Opening { get; init; }

    internal int Checking { get; init; }

    internal int Closing { get; init; }

    internal int Waiting { get; init; }

    internal KeyValuePair<string, object?>[] Of => [new("instance", Instance), new("connector", Connector)];
}
