using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

/// <summary>A host that shares its state goes to another version when it is its turn.</summary>
public sealed class SwapTurnTests
{
    private const string Lease = "swap/p";

    private readonly HeldStateStore _state = new() { IsShared = true };
    private volatile bool _isFree;

    public SwapTurnTests() => _state.IsFree = _ => _isFree;

    [Fact]
    public async Task Update_IsAnotherHostsTurn_WaitsForItAndServesMeanwhile()
    {
        await using var test = await StartAsync("""{"bake":{"time":"0s"}}""");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await AskedAsync();
        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Null(test.Status().LastError);

        _isFree = true;
        await test.UntilVersionAsync("1.1.0");
        await RuntimeUnderTest.UntilGoneAsync(() => _state.Leases.Count == 0);
    }

    [Fact]
    public async Task Update_WhileItBakes_KeepsTheTurn()
    {
        await using var test = await StartAsync("""{"bake":{"time":"1h"}}""");
        _isFree = true;
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");
        await test.Runtime.Get("p").PassAsync();
        Assert.Equal([Lease], _state.Leases);

        // Back at once: what is in quarantine is nobody's turn to leave.
        _isFree = false;
        Assert.Equal(OperationStatus.Succeeded, (await test.Runtime.Swaps.RollBack("p").Ended).Status);
        Assert.Equal("1.0.0", await test.VersionAsync());
        await RuntimeUnderTest.UntilGoneAsync(() => _state.Leases.Count == 0);
    }

    [Fact]
    public async Task Update_CannotBeBroughtUp_GivesTheTurnBack()
    {
        await using var test = await StartAsync("{}");
        _isFree = true;
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.UntilAsync(status => status.Quarantine.Count == 1);
        await RuntimeUnderTest.UntilGoneAsync(() => _state.Leases.Count == 0);
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Swap_IsAnotherHostsTurn_TheOperationWaitsForIt()
    {
        await using var test = await StartAsync("""{"update":"manual","bake":{"time":"0s"}}""");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilAsync(status => status.Available == "1.1.0");
        var operation = test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0"));
        await AskedAsync();
        Assert.Equal(OperationStatus.Running, operation.Snapshot().Status);
        Assert.Equal("1.0.0", await test.VersionAsync());

        _isFree = true;
        Assert.Equal(OperationStatus.Succeeded, (await operation.Ended).Status);
        Assert.Equal("1.1.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Swap_FailsAfterItHasWaited_NothingIsDecided()
    {
        await using var test = await StartAsync("""{"update":"manual"}""");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.UntilAsync(status => status.Available == "1.1.0");
        var operation = test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0"));
        await AskedAsync();
        await test.UntilAsync(status => status.Hold == "1.1.0");

        _isFree = true;
        Assert.Equal("load.constructor-threw", (await operation.Ended).Code);
        await test.UntilAsync(status => status is { Hold: null, Quarantine.Count: 1 });
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Start_IsAnotherHostsTurn_DoesNotWait()
    {
        await using var test = await StartAsync("{}");
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Decision_OfAnotherHost_IsTakenOver()
    {
        await using var test = await StartAsync("""{"bake":{"time":"0s"}}""");
        _isFree = true;
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");
        var current = test.Runtime.Get("p").Versions.Current!;

        var (versions, _) = await _state.SaveVersionsAsync(
            "p", versions => versions with { Quarantine = [new(current, "rollback.automatic", "Another host has found it bad.", DateTimeOffset.UnixEpoch)] }, CancellationToken.None);
        Assert.Single(versions.Quarantine);
        await test.PutProbeAsync("""{"bake":{"time":"1s"}}""");

        await test.UntilVersionAsync("1.0.0");
        Assert.Single(test.Status().Quarantine);
    }

    private async Task<RuntimeUnderTest> StartAsync(string config)
    {
        var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync(state: _state);
        await test.PutProbeAsync(config);
        await test.UntilVersionAsync("1.0.0");
        return test;
    }

    /// <summary>Waits until the turn has been asked for, and refused, twice.</summary>
    private async Task AskedAsync()
    {
        var asked = 0;
        var before = _state.IsFree;
        _state.IsFree = name =>
        {
            Interlocked.Increment(ref asked);
            return before(name);
        };
        await RuntimeUnderTest.UntilGoneAsync(() => Volatile.Read(ref asked) >= 2);
    }
}
