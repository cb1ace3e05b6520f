using System.Collections.Concurrent;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution;

/// <summary>Keeps what calls found out, in order.</summary>
internal sealed class RecordedOutcomes : IOutcomeSink
{
    private readonly ConcurrentQueue<string> _all = new();

    internal IReadOnlyList<string> All => [.. _all];

    public void Answered(Generation generation) => _all.Enqueue("answered");

    public void Unreachable(Generation generation, PluginRuntimeException cause) => _all.Enqueue($"unreachable {cause.Code}");

    public void AttemptFailed(Generation generation, PluginRuntimeException cause) => _all.Enqueue($"failed {cause.Code}");

    public void Leaked(LeakReport leak) => _all.Enqueue($"leaked {leak.Borrower}");

    public void BreakerChanged(Generation generation, BreakerState from, BreakerState to) => _all.Enqueue($"breaker {from} {to}");
}
