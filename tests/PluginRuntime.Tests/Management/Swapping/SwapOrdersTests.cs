using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class SwapOrdersTests
{
    private static readonly string _hash = new('a', 64);

    [Fact]
    public async Task RollBack_VersionBeforeIsOfAnotherConnector_IsRefused()
    {
        await using var test = await StartAfterAsync(new("another", SemanticVersion.Parse("1.0.0"), _hash));

        var failure = Assert.Throws<SwapImpossibleException>(() => test.Runtime.Swaps.RollBack("p"));

        Assert.Equal("rollback.impossible", failure.Code);
        Assert.Empty(test.Status().Quarantine);
    }

    [Fact]
    public async Task RollBack_Fails_NothingIsDecided()
    {
        await using var test = await StartAfterAsync(new("probe", SemanticVersion.Parse("0.9.0"), _hash));

        var ended = await test.Runtime.Swaps.RollBack("p").Ended;

        Assert.Equal(OperationStatus.Failed, ended.Status);
        await test.UntilAsync(status => status is { Quarantine.Count: 0, Hold: null });
        Assert.Equal("1.0.0", await test.VersionAsync());
        await test.Runtime.ShutdownAsync();

        // What was not rolled back must not keep the version from being taken up again.
        await using var again = RuntimeUnderTest.Create(test.Root);
        await again.StartProbeAsync();
        await again.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task Swap_InstanceIsDisabled_HoldsNothing()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync("""{"enabled":false}""");

        var ended = await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.0.0")).Ended;

        Assert.Equal("instance.unavailable", ended.Code);
        await test.UntilAsync(status => status.Hold is null);
    }

    [Fact]
    public async Task Swap_TargetIsRefused_ItIsQuarantinedAndTheHoldBeforeStays()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.1.0");
        await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.0.0")).Ended;
        FixturePackages.DropProbe(test.DropFolder, "1.2.0", "constructor-throws");
        await test.UntilAsync(status => status.Available == "1.2.0");

        var ended = await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.2.0")).Ended;

        Assert.Equal("load.constructor-threw", ended.Code);
        await test.UntilAsync(status => status is { Hold: "1.0.0", Quarantine.Count: 1 });
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Swap_NewVersionFailsUnderNewSettings_IsNotBlamedForThem()
    {
        await using var test = RuntimeUnderTest.Create();
        var flag = Path.Combine(test.Root, "down");
        await File.WriteAllTextAsync(flag, "");
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartAsync();
        await test.PutProbeAsync("""{"version":"1.0.0"}""");
        await test.UntilVersionAsync("1.0.0");

        await test.PutProbeAsync($$$"""{"settings":{"downWhileFileExists":"{{{flag}}}"}}""");
        await test.UntilAsync(status => status.LastError is { Code: "connector.unavailable" });
        Assert.Empty(test.Status().Quarantine);
        Assert.Equal("1.0.0", await test.VersionAsync());

        File.Delete(flag);
        await test.UntilVersionAsync("1.1.0");
    }

    // An instance that runs 1.0.0, and ran something else before this process.
    private static async Task<RuntimeUnderTest> StartAfterAsync(PackageIdentity previous)
    {
        var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        using (var state = new FileStateStore(Path.Combine(test.Root, "data", "state")))
        {
            await state.LoadAsync(CancellationToken.None);
            await state.SaveVersionsAsync("p", _ => VersionState.Empty with { Previous = previous }, CancellationToken.None);
        }

        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        await test.UntilAsync(_ => test.Runtime.Get("p").Versions.Current is not null);
        return test;
    }
}
