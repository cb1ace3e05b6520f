using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Management;

/// <summary>For a generation that is only tried: it serves no calls, so what it meets says nothing about its instance.</summary>
internal sealed class UnheardOutcomes : IOutcomeSink
{
    public void Answered(Generation generation)
    {
    }

    public void Unreachable(Generation generation, PluginRuntimeException cause)
    {
    }

    public void AttemptFailed(Generation generation, PluginRuntimeException cause)
    {
    }

    public void Leaked(LeakReport leak)
    {
    }

    public void BreakerChanged(Generation generation, BreakerState from, BreakerState to)
    {
    }
}
