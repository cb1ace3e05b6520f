using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class RecentCallsTests
{
    [Fact]
    public void Of_LongLife_IsWhatHappenedLately()
    {
        var time = new ManualTimeProvider();
        using var lifetime = new CancellationTokenSource();
        using var recent = new RecentCalls(time);
        var generation = Generations.Create(1, "1.0.0", lifetime, time);
        recent.Follow(generation, TimeSpan.FromSeconds(30));
        generation.Count(failed: 1000);
        time.Advance(TimeSpan.FromSeconds(60));
        generation.Count(succeeded: 200);

        Assert.Equal((200, 0), Calls(recent, 100));
        Assert.Equal((1200, 1000), Calls(recent, enough: 201));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((200, 0), Calls(recent, 100));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((1200, 1000), Calls(recent, 100));

        Assert.Equal(1200, recent.Of(generation, 1).Life.All.All);

        (long, long) Calls(RecentCalls from, int enough) => (from.Of(generation, enough).Lately.All.All, from.Of(generation, enough).Lately.All.Faults);
    }

    [Fact]
    public void Of_AnotherGenerationThanIsFollowed_IsItsWholeLife()
    {
        var time = new ManualTimeProvider();
        using var lifetime = new CancellationTokenSource();
        using var recent = new RecentCalls(time);
        recent.Follow(Generations.Create(1, "1.0.0", lifetime, time), TimeSpan.FromSeconds(30));
        var other = Generations.Create(2, "1.0.0", lifetime, time);
        other.Count(succeeded: 5);
        time.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal(5, recent.Of(other, 1).Lately.All.All);
    }
}
