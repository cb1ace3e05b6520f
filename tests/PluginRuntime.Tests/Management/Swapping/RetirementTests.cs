using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class RetirementTests
{
    [Fact]
    public async Task Begin_SecondSwapWithinBakePeriod_OnlyTheLastPredecessorStaysWarm()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"bake":{"time":"1h"}}""");
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");
        await test.UntilAsync(status => status.Previous is { Version: "1.0.0", Drained: true });
        Assert.Empty(test.Runtime.Watch.Facts());

        FixturePackages.DropProbe(test.DropFolder, "1.2.0");
        await test.UntilVersionAsync("1.2.0");

        await test.UntilAsync(status => status.Previous is { Version: "1.1.0", Drained: true } && test.Runtime.Watch.Facts().Count > 0);
        Assert.Equal("1.0.0", Assert.Single(test.Runtime.Watch.Facts()).Version.ToString());
        Assert.False(test.Status().Previous!.UnloadRequested);
        Assert.Equal(["1.1.0", "1.2.0"], test.Runtime.Loader.Loaded().Select(facts => facts.Version.ToString()).Order());
    }

    [Fact]
    public async Task Begin_ReconnectWithinBakePeriod_KeepsThePredecessorWarm()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"bake":{"time":"1h"}}""");
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");

        await test.Runtime.ReconnectAsync("p");

        Assert.Equal(["1.0.0", "1.1.0"], test.Runtime.Loader.Loaded().Select(facts => facts.Version.ToString()).Order());
        Assert.Empty(test.Runtime.Watch.Facts());
    }

    [Fact]
    public async Task Finish_WithinBakePeriod_CutsItShort()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"bake":{"time":"1h"}}""");
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");

        await test.Runtime.ShutdownAsync();

        Assert.Empty(test.Runtime.Loader.Loaded());
        Assert.Equal(["1.0.0", "1.1.0"], test.Runtime.Watch.Facts().Select(facts => facts.Version.ToString()).Order());
    }
}
