using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class UnloadWatchTests
{
    [Fact]
    public async Task Facts_FromRequestToCollection_TellEachOnce()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");
        loads.Clock.Advance(TimeSpan.FromSeconds(5));
        await loads.ComeAndGoAsync(package);

        var requested = Assert.Single(loads.Watch.Facts());
        Assert.Equal(package.Identity.Hash, requested.Hash);
        Assert.Equal(loads.Clock.GetUtcNow(), requested.UnloadRequestedAt);
        Assert.Null(requested.CollectedAt);
        Assert.Null(requested.HeldBy);

        await loads.UntilCollectedAsync(package);

        var collected = Assert.Single(loads.Watch.Facts());
        Assert.Equal(collected, Assert.Single(loads.Changes));
        Assert.True(collected.CollectedAt > requested.UnloadRequestedAt);
        Assert.Equal(requested.UnloadRequestedAt, collected.UnloadRequestedAt);
        Assert.Equal(0, loads.Clock.ArmedTimers);
        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Information 3002", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Facts_LiveThread_ReportedHeldThenCollected()
    {
        using var release = Release.Create();
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "thread");
        await loads.ComeAndGoAsync(package);

        var held = loads.UntilSettled(package);

        Assert.Null(held.CollectedAt);
        Assert.Equal("something outside what the sweep looks at", held.HeldBy);
        Assert.Equal(held, Assert.Single(loads.Changes));
        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Warning 3003", StringComparison.Ordinal));

        release.Set();
        var collected = loads.Until(package, facts => facts.CollectedAt is not null);
        Assert.Null(collected.HeldBy);
        Assert.Equal([held, collected], loads.Changes);
    }

    [Fact]
    public async Task Changed_ListenerThrows_OthersAreStillTold()
    {
        await using var loads = new Loads();
        loads.Watch.Changed += _ => throw new InvalidOperationException("a listener fails");
        Loads.Package[] packages = [loads.Fixture("Leaks"), loads.Fixture("Leaks")];
        foreach (var package in packages)
        {
            await loads.ComeAndGoAsync(package);
        }

        foreach (var package in packages)
        {
            await loads.UntilCollectedAsync(package);
        }

        Assert.Equal(2, loads.Changes.Count);
        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Error 3008", StringComparison.Ordinal));
    }
}
