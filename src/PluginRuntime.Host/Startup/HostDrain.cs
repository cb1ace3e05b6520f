using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Problems;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary>
/// Takes the host out of use while its process and its instances go on: not ready at once, so that balancers send nothing more; calls refused
/// once they have had time to find out; and then a wait for what is under way. It may be taken back at any time.
/// </summary>
/// <param name="runtime">Has the operations and events.</param>
/// <param name="delay">How long calls are still taken.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class HostDrain(ConnectorRuntime runtime, TimeSpan delay, TimeProvider timeProvider)
{
    private const string Kind = "drain";

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private Drain? _drain;

    private volatile bool _isRefusing;
    private int _calls;

    /// <summary>Whether balancers should stay away.</summary>
    internal bool IsDraining => Volatile.Read(ref _drain) is not null;

    /// <summary>What is left of the time in which balancers find out that the host is not ready.</summary>
    internal TimeSpan DelayLeft
    {
        get
        {
            var left = Volatile.Read(ref _drain) is { } drain ? delay - timeProvider.GetElapsedTime(drain.Began) : delay;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Begins, or goes on with what was begun.</summary>
    internal Operation Begin()
    {
        Drain drain;
        lock (_lock)
        {
            if (_drain is { } before)
            {
                return before.Operation;
            }

            drain = new(runtime.Operations.Begin(Kind, "", null), timeProvider.GetTimestamp());
            Volatile.Write(ref _drain, drain);
        }

        runtime.Events.Publish(EventTypes.HostDraining, "The host is not ready, and takes no more calls in a moment.");
        _ = RunAsync(drain);
        return drain.Operation;
    }

    /// <summary>Takes calls again.</summary>
    /// <returns>False when nothing was to be taken back.</returns>
    internal bool TryUndo()
    {
        Drain drain;
        lock (_lock)
        {
            if (_drain is null)
            {
                return false;
            }

            drain = _drain;
            Volatile.Write(ref _drain, null);
            _isRefusing = false;
        }

        drain.Operation.Fail("drain.undone", "It was taken back.");
        runtime.Events.Publish(EventTypes.HostServing, "The host takes calls again.");
        return true;
    }

    /// <summary>A call begins: it is under way until what is returned is disposed of.</summary>
    /// <exception cref="HostDrainingException">No more calls are taken.</exception>
    internal CallUnderWay Enter()
    {
        // Counted before it is looked at, where a drain refuses before it counts: one of the two sees the other.
        Interlocked.Increment(ref _calls);
        if (!_isRefusing)
        {
            return new(this);
        }

        Interlocked.Decrement(ref _calls);
        throw new HostDrainingException();
    }

    private async Task RunAsync(Drain drain)
    {
        var operation = drain.Operation;
        operation.Enter("delay");
        await Task.Delay(delay, timeProvider);
        lock (_lock)
        {
            if (_drain != drain)
            {
                return;
            }

            _isRefusing = true;
        }

        Interlocked.MemoryBarrier();
        // What is counted from here on was let in before.
        await EndOfAsync(drain, "calls", () => Volatile.Read(ref _calls));
        await EndOfAsync(drain, "operations", () => runtime.Operations.CountRunning() - 1);
        operation.Succeed();
    }

    /// <summary>Waits until nothing is left, or the drain was taken back.</summary>
    private async Task EndOfAsync(Drain drain, string phase, Func<int> count)
    {
        drain.Operation.Enter(phase);
        while (Volatile.Read(ref _drain) == drain && count() is > 0 and var left)
        {
            drain.Operation.Leaves(left);
            await Task.Delay(_pause, timeProvider);
        }

        drain.Operation.Leaves(0);
    }

    private sealed class Drain(Operation operation, long began)
    {
        internal Operation Operation { get; } = operation;

        internal long Began { get; } = began;
    }

    /// <summary>A call that a drain waits for.</summary>
    internal readonly struct CallUnderWay(HostDrain drain) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref drain._calls);
    }
}
