using System.Globalization;

namespace PluginRuntime.Execution.Pooling;

/// <summary>No connection came free for a caller within the acquire timeout. Code <c>pool.exhausted</c>, transient.</summary>
public sealed class PoolExhaustedException : PluginRuntimeException
{
    internal PoolExhaustedException(string instance, PoolStatistics statistics, TimeSpan acquireTimeout)
        : base("pool.exhausted", Describe(instance, statistics, acquireTimeout))
    {
        Instance = instance;
        Size = statistics.Size;
        InUse = statistics.InUse;
        Waiting = statistics.Waiting;
        AcquireTimeout = acquireTimeout;
    }

    /// <summary>The name of the instance.</summary>
    public string Instance { get; }

    /// <summary>The configured <c>pool.size</c>.</summary>
    public int Size { get; }

    /// <summary>How many connections were in use then.</summary>
    public int InUse { get; }

    /// <summary>How many other callers were waiting then.</summary>
    public int Waiting { get; }

    /// <summary>How long the caller waited: the configured <c>pool.acquireTimeout</c>.</summary>
    public TimeSpan AcquireTimeout { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;

    private static string Describe(string instance, PoolStatistics statistics, TimeSpan acquireTimeout)
    {
        var more = statistics.AwaitsPermit
            ? " More could not be opened: the rest is taken by another version of it, or by other instances (Connections)."
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Instance '{instance}' had no free connection within {acquireTimeout.TotalSeconds} s (pool.acquireTimeout): of pool.size "
            + $"{statistics.Size}, {statistics.InUse} are in use and {statistics.Opening} opening, and {statistics.Waiting} other callers wait.{more}");
    }
}
