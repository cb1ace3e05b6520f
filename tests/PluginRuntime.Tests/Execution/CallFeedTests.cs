using System.Buffers;
using PluginRuntime.Execution;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Execution;

public sealed class CallFeedTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CallFeed _feed;
    private readonly InstanceSlot _slot;
    private readonly CallTelemetry _telemetry;

    public CallFeedTests()
    {
        _feed = new(_time);
        _slot = new("p", _time);
        _telemetry = new(null, _feed);
    }

    [Fact]
    public async Task Refused_NothingIsLive_IsTold()
    {
        using var listener = _feed.Listen(_ => true, 10);

        await Assert.ThrowsAsync<InstanceUnavailableException>(() => CallAsync("act"));

        Assert.True(listener.TryNext(out var end));
        Assert.Equal(new(_time.GetUtcNow(), "p", null, null, "act", 0, 0, "instance.unavailable", _slot.Refusal().Message), end);
        Assert.False(listener.TryNext(out _));
    }

    [Fact]
    public async Task Listen_Several_EachHearsWhatItWants()
    {
        using var all = _feed.Listen(_ => true, 10);
        using var others = _feed.Listen(end => end.Instance != "p", 10);

        await Assert.ThrowsAsync<InstanceUnavailableException>(() => CallAsync("act"));

        Assert.True(all.TryNext(out _));
        Assert.False(others.TryNext(out _));
    }

    [Fact]
    public async Task Listener_Slow_LosesTheOldestAndLearnsHowMany()
    {
        using var listener = _feed.Listen(_ => true, 2);
        foreach (var action in (string[])["a", "b", "c", "d", "e"])
        {
            await Assert.ThrowsAsync<InstanceUnavailableException>(() => CallAsync(action));
        }

        Assert.Equal((3L, 0L), (listener.TakeDropped(), listener.TakeDropped()));
        Assert.True(listener.TryNext(out var first) && listener.TryNext(out var second) && (first.Action, second.Action) == ("d", "e"));
        Assert.False(listener.TryNext(out _));
    }

    [Fact]
    public async Task Dispose_TheLast_NobodyIsHeard()
    {
        var (first, second) = (_feed.Listen(_ => true, 10), _feed.Listen(_ => true, 10));
        first.Dispose();
        Assert.True(_feed.IsHeard);
        second.Dispose();
        Assert.False(_feed.IsHeard);

        await Assert.ThrowsAsync<InstanceUnavailableException>(() => CallAsync("act"));

        Assert.False(first.TryNext(out _) || second.TryNext(out _));
    }

    [Fact]
    public void Tell_NotOurException_ItsTextIsKeptBack()
    {
        using var listener = _feed.Listen(_ => true, 10);

        _feed.Tell(_slot, null, "act", TimeSpan.FromMilliseconds(1.2346), 1, new InvalidOperationException("what nobody may see"));
        _feed.Tell(_slot, null, new('x', 1_000), TimeSpan.Zero, 1, new OperationCanceledException("nor this"));

        Assert.True(listener.TryNext(out var bug) && listener.TryNext(out var cancelled) && (bug.Code, cancelled.Code) == ("host.bug", "cancelled"));
        Assert.DoesNotContain("nobody", bug.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("nor this", listener.TryNext(out var none) ? none.Detail : "", StringComparison.Ordinal);
        Assert.Equal(1.235, bug.Milliseconds);
    }

    [Fact]
    public async Task Call_Succeeds_IsToldWithWhatTookIt()
    {
        using var lifetime = new CancellationTokenSource();
        _slot.Publish(GenerationTests.Create(Answering(), lifetime));
        using var listener = _feed.Listen(_ => true, 10);

        await new Caller(TimeProvider.System, _telemetry).InvokeAsync(_slot, "act", default, new ArrayBufferWriter<byte>(), null, CancellationToken.None);

        Assert.True(listener.TryNext(out var end));
        Assert.Equal(new(_time.GetUtcNow(), "p", "scripted", "1.0.0", "act", 0, 1, null, null), end with { Milliseconds = 0 });
    }

    [Fact]
    public async Task Call_NobodyListens_CostsNoMemory()
    {
        using var lifetime = new CancellationTokenSource();
        _slot.Publish(GenerationTests.Create(Answering(), lifetime));
        _feed.Listen(_ => true, 10).Dispose();
        var (without, with) = (new Caller(TimeProvider.System), new Caller(TimeProvider.System, _telemetry));

        Assert.Equal(await LeastAllocatedAsync(without), await LeastAllocatedAsync(with));
    }

    private static ScriptedConnector Answering() => new()
    {
        Act = (output, _) =>
        {
            output.Write("{}"u8);
            return default;
        },
    };

    /// <summary>Of several times, since the first ones make what is kept.</summary>
    private async Task<long> LeastAllocatedAsync(Caller caller)
    {
        var least = long.MaxValue;
        for (var measured = 0; measured < 5;)
        {
            // On a thread of the pool, where a call has no reason to go to another one.
            if (await Task.Run(() => AllocatedAsync(caller)) is { } allocated)
            {
                least = Math.Min(least, allocated);
                measured++;
            }
        }

        return least;
    }

    /// <summary>What a thousand calls allocate, which do not suspend; null when they went on on another thread all the same.</summary>
    private async Task<long?> AllocatedAsync(Caller caller)
    {
        var thread = Environment.CurrentManagedThreadId;
        var output = new ArrayBufferWriter<byte>(16);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            output.ResetWrittenCount();
            await caller.InvokeAsync(_slot, "act", default, output, null, CancellationToken.None);
        }

        return Environment.CurrentManagedThreadId == thread ? GC.GetAllocatedBytesForCurrentThread() - before : null;
    }

    private async Task CallAsync(string action) =>
        await new Caller(_time, _telemetry).InvokeAsync(_slot, action, default, new ArrayBufferWriter<byte>(), null, CancellationToken.None);
}
