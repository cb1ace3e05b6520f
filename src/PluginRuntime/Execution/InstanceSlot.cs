using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>
/// Where calls find an instance's live generation: one volatile reference. Publishing a new one is one write. While a canary runs a second
/// reference sends a share of them to another generation.
/// </summary>
internal sealed class InstanceSlot(string name, TimeProvider timeProvider)
{
    private volatile Generation? _live;
    private CanaryRoute? _canary;
    private volatile Absence _absence = new("it is not connected yet.", IsUnbound: false);

    internal string Name { get; } = name;

    /// <summary>What all generations together may spend on retries.</summary>
    internal RetryBudget RetryBudget { get; } = new(timeProvider);

    /// <summary>The generation that takes calls; null when none does.</summary>
    internal Generation? Live => _live;

    /// <summary>What gets a share of the calls beside the live generation; null when nothing does.</summary>
    internal CanaryRoute? Canary => Volatile.Read(ref _canary);

    /// <summary>Why there is no live generation, in a sentence.</summary>
    internal string Reason => _absence.Reason;

    /// <summary>The generation that an attempt meets.</summary>
    /// <param name="action">The action that is called.</param>
    /// <param name="isFirst">Whether it is the call's first attempt. Those after it meet the live generation: what a canary broke, it mends.</param>
    internal Generation? Choose(string action, bool isFirst) =>
        Canary is { } canary && isFirst && canary.Takes(action) ? canary.Generation : _live;

    /// <summary>Sends a share of the calls to another generation than the live one.</summary>
    internal void Divert(CanaryRoute canary) => Volatile.Write(ref _canary, canary);

    /// <summary>Ends that. The caller closes the other one's gate after it, so that a call that finds it closed meets the live generation
    /// when it looks again.</summary>
    internal void Rejoin(CanaryRoute canary) => Interlocked.CompareExchange(ref _canary, null, canary);

    /// <summary>Makes a generation the live one.</summary>
    /// <returns>The one before, which the caller now closes. Closing comes after this write, so that a call that finds the gate closed
    /// finds the next generation here.</returns>
    internal Generation? Publish(Generation generation) => Interlocked.Exchange(ref _live, generation);

    /// <summary>Takes the instance out of service.</summary>
    /// <param name="reason">Why, in a sentence.</param>
    /// <param name="isUnbound">Whether there is no connector for it.</param>
    internal Generation? Withdraw(string reason, bool isUnbound = false)
    {
        _absence = new(reason, isUnbound);
        return Interlocked.Exchange(ref _live, null);
    }

    /// <summary>What a call gets that finds no live generation.</summary>
    internal InstanceUnavailableException Refusal() => new(Name, _absence.Reason, _absence.IsUnbound);

    /// <exception cref="InstanceUnavailableException">None is live.</exception>
    internal Generation LiveOrThrow() => _live ?? throw Refusal();

    private sealed record Absence(string Reason, bool IsUnbound);
}
