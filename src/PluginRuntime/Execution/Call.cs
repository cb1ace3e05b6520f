using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>One call on its way: what it wants, how long it has, what its last attempt met.</summary>
internal sealed class Call(
    InstanceSlot slot, string action, ReadOnlyMemory<byte> input, CallSettings settings, TimeSpan timeout, TimeProvider timeProvider)
{
    private readonly long _start = timeProvider.GetTimestamp();
    private int _retries;
    private bool _hasRenewed;

    internal InstanceSlot Slot { get; } = slot;

    internal string Action { get; } = action;

    internal ReadOnlyMemory<byte> Input { get; } = input;

    internal PooledBuffer Output { get; private set; } = new(settings.MaxOutputBytes);

    /// <summary>The longest the whole call may take.</summary>
    internal TimeSpan Timeout { get; } = timeout;

    /// <summary>Whether the caller gave it less time than the instance would.</summary>
    internal bool IsTightened => Timeout < settings.Timeout;

    /// <summary>How long it has been on its way.</summary>
    internal TimeSpan Elapsed => timeProvider.GetElapsedTime(_start);

    /// <summary>What is left of <see cref="Timeout"/>; negative once it has passed.</summary>
    internal TimeSpan Left => Timeout - Elapsed;

    /// <summary>The generation that the last attempt met; null when there was none.</summary>
    internal Generation? MetBy { get; set; }

    /// <summary>The action, as <see cref="MetBy"/> has it; null when it has not.</summary>
    internal ActionPlan? Plan { get; set; }

    /// <summary>The generation whose schema the input was found to fit; a later attempt may meet another.</summary>
    internal Generation? ValidatedBy { get; set; }

    /// <summary>How many attempts have begun.</summary>
    internal int Attempts { get; set; }

    /// <summary>Whether the action, in the version that the last attempt met, may run twice.</summary>
    internal bool IsIdempotent { get; set; }

    /// <summary>Whether the last attempt was refused with a token that has another one after it.</summary>
    internal bool MayHaveAnotherToken { get; set; }

    /// <summary>How long to wait before the retry that <see cref="MayRetry"/> allowed.</summary>
    internal TimeSpan Delay { get; private set; }

    /// <summary>The output buffer went with an abandoned attempt: the next one needs another.</summary>
    internal void ReplaceOutput() => Output = new(settings.MaxOutputBytes);

    /// <summary>
    /// Whether the call tries once more, at once, because its token was refused. That is no retry: nothing was done, and the budget is not
    /// for it.
    /// </summary>
    internal bool MayRenew()
    {
        var may = MayHaveAnotherToken && !_hasRenewed && Left > TimeSpan.Zero;
        _hasRenewed |= may;
        return may;
    }

    /// <summary>
    /// Whether the call tries again after a failure: it must be one that may pass, nothing may have been sent unless the action is
    /// idempotent, the wait (the delay rule, or what the outside system asked for when that is longer) must end before the deadline, and
    /// the instance must have a retry left in its budget. After an attempt on another version than the live one it may be any failure that
    /// speaks against that version.
    /// </summary>
    internal bool MayRetry(PluginRuntimeException failure)
    {
        var wasSent = failure switch
        {
            ConnectorFailedException { IsTransient: true } connector => connector.WasSent,
            DeadlineExceededException deadline => deadline.WasSent,
            _ => Slot.Live is { } live && live != MetBy ? WasSentToAnother(failure) : null,
        };
        if (wasSent is null || (wasSent.Value && !IsIdempotent) || _retries == settings.Retry.MaxRetries)
        {
            return false;
        }

        var delay = Backoff.Delay(_retries, settings.Retry.BaseDelay, settings.Retry.MaxDelay, Random.Shared.NextDouble());
        Delay = (failure as IHasRetryAfter)?.RetryAfter is { } asked && asked > delay ? asked : delay;
        if (Delay >= Left || MetBy is not { } met)
        {
            return false;
        }

        var earning = Slot.Live ?? met;
        if (!Slot.RetryBudget.TryTake(earning.Number, earning.Calls.Read().All))
        {
            return false;
        }

        _retries++;
        met.AttemptFailed(Plan, failure);
        return true;
    }

    /// <summary>What an attempt on a canary, or on a version that was replaced meanwhile, failed with may pass on the live one.</summary>
    /// <returns>Null when it says nothing against that version: the live one would do no better.</returns>
    private static bool? WasSentToAnother(PluginRuntimeException failure) => AttemptEnds.Of(failure) is AttemptEnd.Fault or AttemptEnd.Defect
        ? failure is OutputInvalidException or ConnectorFailedException { WasSent: true }
        : null;
}
