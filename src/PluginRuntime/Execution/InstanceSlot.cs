using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>Where calls find an instance's live generation: one volatile reference. Publishing a new one is one write.</summary>
internal sealed class InstanceSlot(string name, TimeProvider timeProvider)
{
    private volatile Generation? _live;
    private volatile string _reason = "it is not connected yet.";

    internal string Name { get; } = name;

    /// <summary>What all generations together may spend on retries.</summary>
    internal RetryBudget RetryBudget { get; } = new(timeProvider);

    /// <summary>The generation that takes calls; null when none does.</summary>
    internal Generation? Live => _live;

    /// <summary>Why there is no live generation, in a sentence.</summary>
    internal string Reason => _reason;

    /// <summary>Makes a generation the live one.</summary>
    /// <returns>The one before, which the caller now closes. Closing comes after this write, so that a call that finds the gate closed
    /// finds the next generation here.</returns>
    internal Generation? Publish(Generation generation) => Interlocked.Exchange(ref _live, generation);

    /// <summary>Takes the instance out of service.</summary>
    internal Generation? Withdraw(string reason)
    {
        _reason = reason;
        return Interlocked.Exchange(ref _live, null);
    }

    /// <exception cref="InstanceUnavailableException">None is live.</exception>
    internal Generation LiveOrThrow() => _live ?? throw new InstanceUnavailableException(Name, _reason);
}
