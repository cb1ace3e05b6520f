using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Host.Auth;

/// <summary>A key has sent more than it may.</summary>
internal sealed class LimitExceededException(string message, TimeSpan? retryAfter) : PluginRuntimeException("limit.rate", message), IHasRetryAfter
{
    public override bool IsTransient => true;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
