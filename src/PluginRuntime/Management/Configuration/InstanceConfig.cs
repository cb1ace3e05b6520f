using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Health;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>What somebody wants of an instance. Read from JSON by <see cref="InstanceConfigReader"/>; the keys there are those of the properties.</summary>
public sealed record InstanceConfig
{
    /// <summary>The connector's id. JSON: <c>connector</c>, or <c>type</c>.</summary>
    public required string Connector { get; init; }

    /// <summary>Which versions may serve it. Default: <c>*</c>, every release.</summary>
    public VersionRange Version { get; init; } = VersionRange.Parse("*");

    /// <summary>What happens when a better match arrives. Default: auto.</summary>
    public UpdateMode Update { get; init; } = UpdateMode.Auto;

    /// <summary>False takes it out of service. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>True stops the host's start when this instance cannot be connected. Default: false.</summary>
    public bool Required { get; init; }

    /// <summary>The host to connect to. Default: null.</summary>
    public string? Host { get; init; }

    /// <summary>The port to connect to, 1 to 65535. Default: null.</summary>
    public int? Port { get; init; }

    /// <summary>The connector's own settings: a UTF-8 JSON object. Default: an empty one.</summary>
    public ReadOnlyMemory<byte> Settings { get; init; } = "{}"u8.ToArray();

    /// <summary>
    /// The credential, UTF-8 JSON as it was given, with its references: an object, or a text that names one of the host's configuration.
    /// Default: null, none.
    /// </summary>
    public ReadOnlyMemory<byte>? Credentials { get; init; }

    /// <summary>The connection pool.</summary>
    public PoolOptions Pool { get; init; } = new();

    /// <summary>How failed attempts are repeated.</summary>
    public RetryOptions Retry { get; init; } = RetryOptions.Default;

    /// <summary>The longest a call may take. Default: 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest one attempt may take. Default: 10 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a replaced version may finish its attempts; raised to the longest attempt timeout. Default: 15 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long after a swap the new version may still be taken back by itself; the version before stays in memory for it. 0 for never.
    /// Default: 30 s.
    /// </summary>
    public TimeSpan BakeTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From how many calls on the new version's error rate counts before <see cref="BakeTime"/> is over. Default: 100.
    /// </summary>
    public int BakeCalls { get; init; } = 100;

    /// <summary>How a new version is tried, where <see cref="Update"/> says canary.</summary>
    public CanaryOptions Canary { get; init; } = new();

    /// <summary>How its health is watched.</summary>
    public HealthOptions Health { get; init; } = new();

    /// <summary>When calls stop for a while because nobody answers.</summary>
    public BreakerOptions Breaker { get; init; } = new();
}
