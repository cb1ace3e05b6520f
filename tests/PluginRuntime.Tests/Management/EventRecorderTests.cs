using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class EventRecorderTests
{
    private readonly HeldStateStore _store = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Dispose_InOrder_WritesAllAndGivesBackNumbers()
    {
        var trail = new EventTrail(_time);
        var recorder = Recorder(trail);
        await recorder.StartAsync(CancellationToken.None);
        trail.Publish(EventTypes.Baked, "last words");
        await recorder.DisposeAsync();

        Assert.Equal([EventTypes.Started, EventTypes.Baked], _store.Events.Select(found => found.Type));
        Assert.Equal(2, _store.HighWater);

        var next = new EventTrail(_time);
        await using var again = Recorder(next);
        await again.StartAsync(CancellationToken.None);
        Assert.Equal([1, 2, 3], next.Snapshot().Select(found => found.Sequence));
        Assert.Equal("true", next.Snapshot()[^1].Data["clean"]);
    }

    [Fact]
    public async Task Start_AfterAKill_JumpsOverWhatMayHaveBeenGivenOut()
    {
        var trail = new EventTrail(_time);
        _store.BeforeAppend = _ => throw new StateException("the disk is away");
        await using (var killed = Recorder(trail))
        {
            await killed.StartAsync(CancellationToken.None);
            trail.Publish(EventTypes.Baked, "seen by a client, never stored");
            var next = new EventTrail(_time);
            _store.BeforeAppend = _ => Task.CompletedTask;

            // The process before is not ended: it is gone.
            var recorder = Recorder(next);
            await recorder.StartAsync(CancellationToken.None);

            var started = Assert.Single(next.Snapshot());
            Assert.True(started.Sequence > trail.Last, $"{started.Sequence} came after {trail.Last}");
            Assert.Equal("false", started.Data["clean"]);
            Assert.NotNull(next.ReadAfter(trail.Last, 10));
            await recorder.DisposeAsync();
        }
    }

    [Fact]
    public async Task Append_Fails_IsToldOnceAndTriedAgain()
    {
        var trail = new EventTrail(_time);
        var log = new RecordingLoggers();
        var failures = 0;
        _store.BeforeAppend = _ => ++failures <= 3 ? throw new StateException("the disk is full") : Task.CompletedTask;
        var recorder = new EventRecorder(trail, _store, _time, log);
        await recorder.StartAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            await _time.WhenArmedAsync(1);
            trail.Publish(EventTypes.Baked, $"event {i}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await recorder.DisposeAsync();

        Assert.Equal([1, 2, 3, 4], _store.Events.Select(found => found.Sequence));
        Assert.Single(log.Lines, line => line.Contains("the disk is full", StringComparison.Ordinal));
    }

    private EventRecorder Recorder(EventTrail trail) => new(trail, _store, _time, NullLogger.Instance);
}
