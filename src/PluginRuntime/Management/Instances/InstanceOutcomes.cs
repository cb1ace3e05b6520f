using System.Globalization;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;

namespace PluginRuntime.Management;

/// <summary>What the calls of an instance find out, on its way to those who act on it.</summary>
internal sealed class InstanceOutcomes(HealthMonitor monitor, InstanceServices services) : IOutcomeSink
{
    private BakePeriod? _bake;
    private RunningCanary? _canary;

    /// <summary>The bake period of the live version; null when there is none.</summary>
    internal BakePeriod? Bake
    {
        get => Volatile.Read(ref _bake);
        set => Volatile.Write(ref _bake, value);
    }

    /// <summary>The version that gets a share of the calls; null when none does.</summary>
    internal RunningCanary? Canary
    {
        get => Volatile.Read(ref _canary);
        set => Volatile.Write(ref _canary, value);
    }

    /// <summary>A bake period is over; another one may have begun by now.</summary>
    internal void Forget(BakePeriod ended)
    {
        Interlocked.CompareExchange(ref _bake, null, ended);
        ended.Dispose();
    }

    public void Answered(Generation generation)
    {
        monitor.Answered(generation);
        Canary?.Monitor.Answered(generation);
    }

    public void Unreachable(Generation generation, PluginRuntimeException cause)
    {
        monitor.Unreachable(generation, cause);
        Canary?.Monitor.Unreachable(generation, cause);
    }

    public void AttemptFailed(Generation generation, PluginRuntimeException cause)
    {
        Bake?.AttemptFailed(generation);
        Canary?.Trial.AttemptFailed(generation);
    }

    public void Leaked(LeakReport leak)
    {
        var what = leak.IsAbandoned ? "never gave it back; it was closed" : "has it still";
        services.Logger.Leaked(leak.Instance, leak.Borrower, leak.Since, what, leak.Stack ?? "");
        var data = new Dictionary<string, string> { ["borrower"] = leak.Borrower, ["since"] = leak.Since.ToString("O", CultureInfo.InvariantCulture) };
        if (leak.Stack is { } stack)
        {
            data["stack"] = stack;
        }

        services.Events.Publish(
            EventTypes.PoolLeak,
            $"A connection has been lent to '{leak.Borrower}' since {leak.Since:O}, which {what}.",
            new() { Instance = leak.Instance, Data = data });
    }

    public void BreakerChanged(Generation generation, BreakerState from, BreakerState to)
    {
        if (from != BreakerState.Closed && to != BreakerState.Closed)
        {
            // A try that failed again: nothing new for hours, maybe.
            return;
        }

        from = from == BreakerState.Closed ? from : BreakerState.Open;
        services.Logger.BreakerChanged(generation.Instance, generation.Identity.Version, from, to);
        services.Events.Publish(EventTypes.BreakerChanged, $"The breaker of version {generation.Identity.Version} went from {from} to {to}.", new()
        {
            Instance = generation.Instance,
            Connector = generation.Identity.Id,
            Version = generation.Identity.Version.ToString(),
            Code = to == BreakerState.Open ? "breaker.open" : null,
            Data = new Dictionary<string, string> { ["from"] = EventText.Of(from), ["to"] = EventText.Of(to) },
        });
        if ((from, to) is (BreakerState.Closed, BreakerState.Open))
        {
            Bake?.Doubt(generation, "Its breaker opened.");
            Canary?.Trial.Doubt(generation, "Its breaker opened.");
        }
    }
}
