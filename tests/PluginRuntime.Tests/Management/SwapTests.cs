using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

public sealed class SwapTests
{
    [Fact]
    public async Task Swap_ManyTimesUnderLoad_LosesNoCallAndCollectsEveryContext()
    {
        const int Swaps = 60;
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.1.0");
        await using var load = new CallLoad(test, callers: 8);
        await using var slow = new CallLoad(test, callers: 2, "sleep", """{"milliseconds":30}""");

        for (var i = 0; i < Swaps; i++)
        {
            var operation = test.Runtime.Swaps.Swap("p", SemanticVersion.Parse(i % 2 == 0 ? "1.0.0" : "1.1.0"));
            var ended = await operation.Ended;
            Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
        }

        var (versions, failures) = await load.StopAsync();
        var (_, slowFailures) = await slow.StopAsync();
        Assert.Empty(failures);
        Assert.Empty(slowFailures);
        Assert.Equal(["1.0.0", "1.1.0"], versions);
        Assert.True(load.Calls > Swaps, $"{load.Calls} calls");
        await test.UntilAsync(_ => test.Runtime.Watch.Facts() is { Count: >= Swaps - 1 } facts && facts.All(fact => fact.CollectedAt is not null));
    }

    [Fact]
    public async Task Swap_CallsWaitForAConnection_TheyGoOnWithTheNewVersion()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"pool":{"size":1,"min":1},"attemptTimeout":"20s"}""");
        await test.UntilVersionAsync("1.0.0");
        var running = test.CallAsync("sleep", """{"milliseconds":1500}""");
        await test.UntilAsync(status => status.Pool is { InUse: 1 });
        var waiting = Enumerable.Range(0, 5).Select(_ => test.VersionAsync()).ToList();
        await test.UntilAsync(status => status.Pool is { Waiting: 5 });

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");

        // They are answered by the new version although the old one's only connection was busy all the time.
        Assert.All(await Task.WhenAll(waiting), version => Assert.Equal("1.1.0", version));
        Assert.Equal("1.0.0", (await running).GetProperty("version").GetString());
        await test.UntilAsync(status => status.Previous is { Drained: true, LateAttempts: 0 });
    }

    [Fact]
    public async Task Swap_AttemptIgnoresItsCancellation_CallerGetsAProblemAndTheOldVersionEnds()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"attemptTimeout":"300ms","drain":{"timeout":"300ms"},"retry":{"maxRetries":0}}""");
        await test.UntilVersionAsync("1.0.0");
        var deaf = test.CallAsync("deaf", """{"milliseconds":4000}""");
        await test.UntilAsync(status => status.Pool is { InUse: 1 });

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");

        var failure = await Assert.ThrowsAsync<DeadlineExceededException>(() => deaf);
        Assert.Equal("deadline.exceeded", failure.Code);
        await test.UntilVersionAsync("1.1.0");
        await test.UntilAsync(status => status.Previous is { Version: "1.0.0", Collected: true });
    }

    [Fact]
    public async Task RollBack_AfterSwap_HoldsTheOldVersionUntilCleared()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");

        var rollback = await test.Runtime.Swaps.RollBack("p").Ended;

        Assert.Equal((OperationStatus.Succeeded, "1.1.0", "1.0.0"), (rollback.Status, rollback.From, rollback.To));
        Assert.Contains(rollback.Phases, phase => phase is { Name: "publish", Milliseconds: not null });
        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Equal("1.0.0", test.Status().Hold);
        Assert.Equal("rollback.manual", Assert.Single(test.Status().Quarantine).Code);
        FixturePackages.DropProbe(test.DropFolder, "1.2.0");
        await test.UntilAsync(status => status.Available == "1.2.0");
        Assert.Equal("1.0.0", await test.VersionAsync());

        await test.Runtime.Swaps.ClearQuarantine("p").Ended;
        await test.UntilVersionAsync("1.2.0");
        Assert.Null(test.Status().Hold);
        Assert.Empty(test.Status().Quarantine);
    }

    [Fact]
    public async Task RollBack_WithinBakePeriod_RunsOnTheWarmContext()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"bake":{"time":"1h"}}""");
        await test.UntilVersionAsync("1.0.0");
        Assert.Equal(1, (await test.CallAsync("who")).GetProperty("generation").GetInt32());
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");

        await test.Runtime.Swaps.RollBack("p").Ended;

        // The second connector object of the same context: its statics are those of the first.
        Assert.Equal(2, (await test.CallAsync("who")).GetProperty("generation").GetInt32());
    }

    [Fact]
    public async Task RollBack_NothingBefore_IsRefused()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");

        Assert.Equal("rollback.impossible", Assert.Throws<SwapImpossibleException>(() => test.Runtime.Swaps.RollBack("p")).Code);
        Assert.Equal("version.unmatched", Assert.Throws<SwapImpossibleException>(() => test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("9.0.0"))).Code);
    }

    [Fact]
    public async Task Manual_BetterVersionArrives_StaysAndShowsItUntilAsked()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"update":"manual"}""");
        await test.UntilVersionAsync("1.0.0");

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilAsync(status => status.Available == "1.1.0");
        Assert.Equal("1.0.0", await test.VersionAsync());

        await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0")).Ended;
        Assert.Equal("1.1.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Reconnect_Asked_BuildsANewGenerationOnTheSameVersion()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        var before = test.Status().Generation!.Number;

        var operation = await test.Runtime.ReconnectAsync("p");

        Assert.Equal(OperationStatus.Succeeded, operation.Status);
        Assert.True(test.Status().Generation!.Number > before);
        Assert.Equal("1.0.0", await test.VersionAsync());
    }
}
