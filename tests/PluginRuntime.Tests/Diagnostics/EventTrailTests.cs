using PluginRuntime.Diagnostics;

namespace PluginRuntime.Tests.Diagnostics;

public sealed class EventTrailTests
{
    private readonly EventTrail _trail = new(new ManualTimeProvider());

    [Fact]
    public void Publish_CountsUpAndKeepsWhatItWasTold()
    {
        var first = _trail.Publish(EventTypes.Failed, "why", new() { Instance = "i", Connector = "c", Version = "1.0.0", Code = "a.b" });
        var second = _trail.Publish(EventTypes.Baked, "well");

        Assert.Equal((1, 2), (first.Sequence, second.Sequence));
        Assert.Equal(("i", "c", "1.0.0", "a.b", "why", EventTypes.Failed), (first.Instance, first.Connector, first.Version, first.Code, first.Detail, first.Type));
        Assert.Equal([first, second], _trail.Snapshot());
        Assert.Equal([second], _trail.ReadAfter(1, 10)!);
        Assert.Equal([first], _trail.ReadAfter(0, 1)!);
        Assert.Empty(_trail.ReadAfter(2, 10)!);
    }

    [Fact]
    public void ReadAfter_MoreThanIsKeptOrNeverGivenOut_IsNull()
    {
        for (var i = 0; i < EventTrail.Kept + 5; i++)
        {
            _trail.Publish(EventTypes.Baked, "");
        }

        Assert.Null(_trail.ReadAfter(4, 1));
        Assert.Null(_trail.ReadAfter(EventTrail.Kept + 6, 1));
        Assert.Equal(6, Assert.Single(_trail.ReadAfter(5, 1)!).Sequence);
        Assert.Equal(EventTrail.Kept, _trail.Snapshot().Count);
        Assert.Equal(Enumerable.Range(6, EventTrail.Kept), _trail.ReadAfter(5, int.MaxValue)!.Select(found => (int)found.Sequence));
    }

    [Fact]
    public void Resume_GoesOnAboveWhatMayHaveBeenGivenOut()
    {
        RuntimeEvent[] known = [Event(7), Event(9)];

        _trail.Resume(100, known, forgotten: 6);

        Assert.Equal(100, _trail.Last);
        Assert.Equal(101, _trail.Publish(EventTypes.Baked, "").Sequence);
        Assert.Null(_trail.ReadAfter(5, 10));
        Assert.Equal([7, 9, 101], _trail.ReadAfter(6, 10)!.Select(found => found.Sequence));

        // A number that was lost with the process that gave it out: what came after it is there.
        Assert.Equal([101], _trail.ReadAfter(42, 10)!.Select(found => found.Sequence));
    }

    [Fact]
    public async Task MoreThan_EveryReader_IsWokenByOneEvent()
    {
        Task[] waiting = [.. Enumerable.Range(0, 50).Select(_ => _trail.MoreThan(0))];
        Assert.All(waiting, task => Assert.False(task.IsCompleted));

        _trail.Publish(EventTypes.Baked, "");

        await Task.WhenAll(waiting);
        Assert.True(_trail.MoreThan(0).IsCompleted);
        Assert.False(_trail.MoreThan(1).IsCompleted);
    }

    [Fact]
    public async Task ReadAfter_WhileManyPublish_MissesNoneAndGivesNoneTwice()
    {
        const int Each = 2000;
        const int Writers = 4;
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                _trail.Publish(EventTypes.Baked, "");
            }
        })));
        var seen = new List<long>();
        while (seen.Count < Each * Writers)
        {
            var after = seen.Count > 0 ? seen[^1] : 0;
            await _trail.MoreThan(after);
            seen.AddRange(_trail.ReadAfter(after, 100)!.Select(found => found.Sequence));
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, Each * Writers), seen.Select(sequence => (int)sequence));
    }

    [Fact]
    public void Types_AllOfThemAreListed() =>
        Assert.Equal(
            typeof(EventTypes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
            EventTypes.All.Order(StringComparer.Ordinal));

    private static RuntimeEvent Event(long sequence) =>
        new(sequence, DateTimeOffset.UnixEpoch, EventTypes.Baked, null, null, null, null, "", new Dictionary<string, string>());
}
