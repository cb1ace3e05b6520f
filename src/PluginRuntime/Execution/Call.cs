using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>One call on its way: what it wants, how long it has, what its last attempt met.</summary>
internal sealed class Call(
    InstanceSlot slot, string action, ReadOnlyMemory<byte> input, CallSettings settings, TimeSpan timeout, TimeProvider timeProvider)
{
    private readonly long _start = timeProvider.GetTimestamp();

    internal InstanceSlot Slot { get; } = slot;

    internal string Action { get; } = action;

    internal ReadOnlyMemory<byte> Input { get; } = input;

    internal PooledBuffer Output { get; private set; } = new(settings.MaxOutputBytes);

    /// <summary>The longest the whole call may take.</summary>
    internal TimeSpan Timeout { get; } = timeout;

    /// <summary>The generation whose schema the input was found to fit; a later attempt may meet another.</summary>
    internal Generation? ValidatedBy { get; set; }

    /// <summary>How many attempts have begun.</summary>
    internal int Attempts { get; set; }

    /// <summary>Whether the action, in the version that the last attempt met, may run twice.</summary>
    internal bool IsIdempotent { get; set; }

    /// <summary>How long to wait before the retry that <see cref="MayRetry"/> allowed.</summary>
    internal TimeSpan Delay { get; private set; }

    /// <summary>The output buffer went with an abandoned attempt: the next one needs another.</summary>
    internal void ReplaceOutput() => Output = new(settings.MaxOutputBytes);

    /// <summary>
    /// Whether the call tries again after a failure: it must be one that may pass, nothing may have been sent unless the action is
    /// idempotent, and the wait (the delay rule, or what the outside system asked for when that is longer) must end before the deadline.
    /// </summary>
    /// <param name="retry">0 for the first retry.</param>
    /// <param name="failure">What the last attempt ended with; null when it succeeded.</param>
    internal bool MayRetry(int retry, Exception? failure)
    {
        var wasSent = failure switch
        {
            ConnectorFailedException { IsTransient: true } connector => connector.WasSent,
            DeadlineExceededException deadline => deadline.WasSent,
            _ => (bool?)null,
        };
        if (wasSent is null || (wasSent.Value && !IsIdempotent))
        {
            return false;
        }

        var delay = Backoff.Delay(retry, settings.Retry.BaseDelay, settings.Retry.MaxDelay, Random.Shared.NextDouble());
        Delay = (failure as IHasRetryAfter)?.RetryAfter is { } asked && asked > delay ? asked : delay;
        return Delay < Timeout - timeProvider.GetElapsedTime(_start);
    }
}
