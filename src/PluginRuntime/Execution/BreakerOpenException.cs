using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>The attempts before failed at the connection again and again, so this one was not made.</summary>
public sealed class BreakerOpenException : PluginRuntimeException, IHasRetryAfter
{
    internal BreakerOpenException(string instance, TimeSpan retryAfter)
        : base("breaker.open", $"'{instance}' has not been answering; calls are refused until it is tried again in {retryAfter.TotalSeconds:0.0} s.")
    {
        Instance = instance;
        RetryAfter = retryAfter;
    }

    /// <summary>The instance's name.</summary>
    public string Instance { get; }

    /// <summary>When the outside system is tried again, at the latest.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
