using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>The limits of an instance's calls. A part of its configuration, fixed for a generation.</summary>
internal sealed record CallSettings
{
    /// <summary>The longest a call may take with all its attempts and waits.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest one attempt may take, waiting for a connection included.</summary>
    internal TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal RetryOptions Retry { get; init; } = RetryOptions.Default;

    internal BreakerOptions Breaker { get; init; } = new();

    /// <summary>The longest a health check may take.</summary>
    internal TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest a lifecycle hook may take.</summary>
    internal TimeSpan HookTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long attempts may go on after their version was replaced; at least the longest attempt timeout.</summary>
    internal TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The largest output, in bytes.</summary>
    internal int MaxOutputBytes { get; init; } = 64 * 1024 * 1024;
}
