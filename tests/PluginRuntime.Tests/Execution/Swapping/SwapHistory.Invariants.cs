using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>What must hold, whatever the history.</summary>
internal sealed partial class SwapHistory
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _broken = new();
    private int _highestLimit;

    // One count of all generations' connections: a sum, taken one by one, would see both the old and the new one of a hand-over.
    private int _openConnections;

    /// <summary>Called by connectors, on any thread.</summary>
    internal void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            _broken.Enqueue(otherwise);
        }
    }

    internal void Opened() => Interlocked.Increment(ref _openConnections);

    internal void Closed() => Interlocked.Decrement(ref _openConnections);

    internal ModelCall Find(int id)
    {
        lock (_lock)
        {
            return _calls[id];
        }
    }

    /// <summary>Whether what begins now ignores its token; called by connectors, on any thread.</summary>
    internal bool IsDeaf()
    {
        lock (_lock)
        {
            return _deafness_NeedsLock.Next(8) == 0;
        }
    }

    private void ThrowIfBroken() => Assert.Empty(_broken);

    /// <summary>Waits until nothing has moved for a few turns of the pool of threads.</summary>
    private async Task SettleAsync()
    {
        var before = Signature();
        for (var still = 0; still < 2;)
        {
            var turn = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.SetResult(), turn, preferLocal: false);
            await turn.Task.ConfigureAwait(false);
            var now = Signature();
            still = now == before ? still + 1 : 0;
            before = now;
        }
    }

    private (int, int, int, int, int) Signature()
    {
        var pools = _generations.Where(generation => !generation.Over.IsCompleted).Select(generation => generation.Generation.Pool.GetStatistics()).ToList();
        return (
            _calls.Count(call => call.Task.IsCompleted),
            _generations.Sum(generation => generation.Connector.Activity + (generation.Retired.IsCompleted ? 1 : 0)),
            pools.Sum(pool => pool.Waiting + (100 * pool.InUse) + (10_000 * pool.Opening)),
            pools.Sum(pool => pool.Idle + (100 * pool.Closing)),
            _clock.ArmedTimers);
    }

    /// <summary>A drain waits for attempts that run, and for nothing else: not for calls that wait for a connection or for their next try.</summary>
    private async Task AssertDrainedAsync()
    {
        using var patience = new CancellationTokenSource(_patience, TimeProvider.System);
        foreach (var generation in _generations)
        {
            // An attempt that got its connection before the close may still begin, and runs then.
            while (generation.Generation.Gate is { IsClosed: true, Drained.IsCompleted: false } && generation.Connector.Attempts.Count == 0)
            {
                Assert.False(patience.IsCancellationRequested, $"It does not drain, and nothing runs: {generation}");
                await SettleAsync();
            }
        }
    }

    /// <summary>
    /// Old and new connections together stay within the size and what swaps have borrowed, as long as one of those swaps has not ended.
    /// What an opening gives that was given up is no connection of anybody: it is closed as it comes.
    /// </summary>
    private void AssertPermits()
    {
        // In this order: only this thread raises the limit, and what is held falls before the limit does.
        var limit = _permits.Limit;
        var isDraining = limit > _pool.Size;
        _highestLimit = isDraining ? Math.Max(_highestLimit, limit) : limit;
        var held = _permits.Held;
        Assert.True(held <= _highestLimit || !isDraining, $"{held} permits are held, {_highestLimit} were to be had.");
        if (isDraining)
        {
            AssertOpen();
        }

        foreach (var generation in _generations.Where(generation => !generation.Over.IsCompleted))
        {
            Assert.True(generation.Generation.Pool.GetStatistics().Total <= _pool.Size, "A pool has grown above its size.");
        }
    }

    private void AssertOpen()
    {
        while (Volatile.Read(ref _openConnections) is var open && open > _highestLimit)
        {
            var givenUp = _generations.Sum(generation => generation.Connector.MaybeGivenUp);
            if (open - givenUp <= _highestLimit)
            {
                return;
            }

            // Looked at one by one, those that were given up may have been closed meanwhile.
            Assert.False(open == Volatile.Read(ref _openConnections), $"{open} connections are open, {_highestLimit} were to be had.");
        }
    }

    private async Task AssertEndAsync()
    {
        foreach (var generation in _generations)
        {
            await generation.Over.WaitAsync(_patience, TimeProvider.System).ConfigureAwait(false);
            await generation.Generation.Gate.Drained.WaitAsync(_patience, TimeProvider.System).ConfigureAwait(false);
            await generation.Connector.Destroyed.WaitAsync(_patience, TimeProvider.System).ConfigureAwait(false);
            var report = await generation.Retired.ConfigureAwait(false);
            Assert.True(generation.Generation.Gate.Inside == 0, $"{generation.Connector.Number}: {generation.Generation.Gate.Inside} are inside");
            Assert.Equal(report.Drained, report.LateAttempts == 0);
        }

        await SettleAsync();
        ThrowIfBroken();
        Assert.Equal((0, _pool.Size), (_permits.Held, _permits.Limit));
        var (succeeded, met) = (0, 0);
        foreach (var call in _calls)
        {
            var failure = await FailureOfAsync(call).ConfigureAwait(false);
            if (failure is null)
            {
                succeeded++;
                AssertAnswer(call);
            }
            else
            {
                met += failure is PluginRuntimeException and not InstanceUnavailableException ? 1 : 0;
                AssertHonest(call, failure);
            }
        }

        var totals = _generations.ConvertAll(generation => generation.Generation.Calls);
        Assert.Equal((succeeded, met), (totals.Sum(total => total.Succeeded), totals.Sum(total => total.Failed)));
    }

    private static async Task<Exception?> FailureOfAsync(ModelCall call)
    {
        try
        {
            await call.Task.ConfigureAwait(false);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>It comes from the generation of its last attempt, whole, and from none that was replaced before the call began.</summary>
    private static void AssertAnswer(ModelCall call)
    {
        var answer = long.Parse(Encoding.UTF8.GetString(call.Output.WrittenSpan), CultureInfo.InvariantCulture);
        Assert.Equal(call.LastGeneration, answer);
        Assert.InRange(answer, Math.Max(1, call.LiveAtStart), long.MaxValue);
    }

    /// <summary>It names something that did happen. A call is never lost to a swap alone.</summary>
    private void AssertHonest(ModelCall call, Exception failure)
    {
        Assert.Equal(0, call.Output.WrittenCount);
        var isTrue = failure switch
        {
            OperationCanceledException => call.Cancellation.IsCancellationRequested,
            InstanceUnavailableException => call.LiveAtStart == 0 || _wasWithdrawn,
            DeadlineExceededException => _clock.Elapsed - call.StartedAt >= Settings.AttemptTimeout,
            PoolExhaustedException => _clock.Elapsed - call.StartedAt >= _pool.AcquireTimeout,
            BreakerOpenException => _wasOutage || _calls.Exists(other => other.Given.Count > 0) || _clock.Elapsed >= Settings.AttemptTimeout,
            ConnectorFailedException connector => call.Given.Contains(connector.Code)
                || (connector.Code == "connector.unavailable" && _wasOutage)
                || (connector.Code == "connector.timeout" && _clock.Elapsed >= Settings.AttemptTimeout),
            _ => false,
        };
        Assert.True(isTrue, $"Call {call.Id} ended with {failure}");
    }
}
