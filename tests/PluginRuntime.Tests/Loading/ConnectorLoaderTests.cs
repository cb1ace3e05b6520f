using System.Text.Json.Nodes;
using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class ConnectorLoaderTests
{
    private static readonly TimeSpan _short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task AcquireAsync_ManyAtOnce_LoadOnceAndShareTheContext()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");

        var shares = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => loads.AcquireAsync(package))));

        Assert.Equal("x", File.ReadAllText(Path.Combine(package.Directory, "loaded.txt")));
        Assert.Single(loads.Loader.Loaded());
        foreach (var share in shares.Skip(1))
        {
            await share.DisposeAsync();
        }

        Assert.Single(loads.Loader.Loaded());
        Assert.Empty(loads.Watch.Facts());
        await shares[0].DisposeAsync();
        Assert.Empty(loads.Loader.Loaded());
        await loads.UntilCollectedAsync(package);
        Assert.Equal("x", File.ReadAllText(Path.Combine(package.Directory, "unloaded.txt")));
    }

    [Fact]
    public async Task DisposeAsync_Twice_GivesOneShareBack()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");
        var first = await loads.AcquireAsync(package);
        var second = await loads.AcquireAsync(package);

        await second.DisposeAsync();
        await second.DisposeAsync();

        Assert.Single(loads.Loader.Loaded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.CreateAsync(CancellationToken.None));
        await first.DisposeAsync();
        Assert.Empty(loads.Loader.Loaded());
    }

    [Fact]
    public async Task AcquireAsync_AfterTheLastShare_LoadsAgain()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");

        await loads.ComeAndGoAsync(package);
        await loads.ComeAndGoAsync(package);

        Assert.Equal("xx", File.ReadAllText(Path.Combine(package.Directory, "loaded.txt")));
        Assert.Equal(2, loads.Watch.Facts().Count);
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task AcquireAsync_HookThrows_IsSweptAndCollectedAndCanBeTriedAgain()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "load-throws");

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.AcquireAsync(package));

        Assert.Equal("load.hook-threw", failure.Code);
        Assert.Contains("OnLoad says no", failure.Message, StringComparison.Ordinal);
        Assert.Empty(loads.Loader.Loaded());
        await loads.UntilCollectedAsync(package);
        Assert.Contains(loads.Log.Lines, line => line.Contains("OnProcessExit off AppDomain.ProcessExit", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(package.Directory, "unloaded.txt")));

        File.Delete(Path.Combine(package.Directory, "behaviour.txt"));
        await using var share = await loads.AcquireAsync(package);
        Assert.Single(loads.Loader.Loaded());
    }

    [Fact]
    public async Task AcquireAsync_HookIgnoresItsToken_FailsInTimeAndIsNamedAsWhatHolds()
    {
        using var release = Release.Create();
        await using var loads = new Loads(_short);
        var package = loads.Fixture("Leaks", "load-hangs");

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.AcquireAsync(package));

        Assert.Equal("load.hook-timeout", failure.Code);
        Assert.Equal("OnLoad of Fixtures.Leaks.LeaksConnector, which was left running", loads.UntilSettled(package).HeldBy);
        release.Set();
        Assert.Null(loads.Until(package, facts => facts.CollectedAt is not null).HeldBy);
    }

    [Fact]
    public async Task AcquireAsync_HookEndsByItsToken_IsCollected()
    {
        await using var loads = new Loads(_short);
        var package = loads.Fixture("Leaks", "load-waits");

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.AcquireAsync(package));

        Assert.Equal("load.hook-timeout", failure.Code);
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task AcquireAsync_CallerGivesUp_OthersStillGetTheContext()
    {
        using var release = Release.Create();
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "load-hangs");
        using var giveUp = new CancellationTokenSource();
        var first = loads.AcquireAsync(package, giveUp.Token);
        var second = loads.AcquireAsync(package);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.Set();
        await using var share = await second;
        Assert.Single(loads.Loader.Loaded());
    }

    [Fact]
    public async Task CreateAsync_ConstructorThrows_IsToldAsText()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Probe", "constructor-throws");

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.ComeAndGoAsync(package));

        Assert.Equal("load.constructor-threw", failure.Code);
        Assert.Contains("System.InvalidOperationException: thrown by the constructor", failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.InnerException);
        await loads.UntilCollectedAsync(package);
        GC.KeepAlive(failure);
    }

    [Fact]
    public async Task CreateAsync_ConstructorHangs_IsAbandonedAndNamed()
    {
        await using var loads = new Loads(_short);
        var package = loads.Fixture("Probe", "constructor-hangs");

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.ComeAndGoAsync(package));

        Assert.Equal("load.constructor-timeout", failure.Code);
        Assert.Equal("The constructor of Fixtures.Probe.ProbeConnector, which was left running", loads.UntilSettled(package).HeldBy);
    }

    [Fact]
    public async Task AcquireAsync_ClassHasAnotherId_Refuses()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", spoil: directory => Change(directory, manifest => manifest["id"] = "other"));

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.AcquireAsync(package));

        Assert.Equal("load.class-differs", failure.Code);
        Assert.Equal("The manifest says id other, the class Fixtures.Leaks.LeaksConnector says leaks.", failure.Message);
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task CreateAsync_ClassHasOtherActions_Refuses()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", spoil: directory => Change(directory, manifest => manifest["actions"]!.AsArray().RemoveAt(0)));

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.ComeAndGoAsync(package));

        Assert.Equal("load.class-differs", failure.Code);
        Assert.Contains("declares managed, native, registration, throw", failure.Message, StringComparison.Ordinal);
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task AcquireAsync_NoSuchClass_Refuses()
    {
        await using var loads = new Loads();
        var package = loads.Fixture(
            "Leaks", spoil: directory => Change(directory, manifest => manifest["runtime"]!["type"] = "Fixtures.Leaks.Plain"));

        var failure = await Assert.ThrowsAsync<LoadException>(() => loads.AcquireAsync(package));

        Assert.Equal("load.class-missing", failure.Code);
        Assert.Contains("Fixtures.Leaks.Plain", failure.Message, StringComparison.Ordinal);
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task DisposeAsync_OnUnloadThrows_IsLoggedAndTheContextStillGoes()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "unload-throws");

        await loads.ComeAndGoAsync(package);

        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Warning 3004", StringComparison.Ordinal) && line.Contains("OnUnload says no", StringComparison.Ordinal));
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task DisposeAsync_UnloadingHandlerThrows_IsLoggedAndTheContextStillGoes()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "unloading-throws");

        await loads.ComeAndGoAsync(package);

        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Warning 3004", StringComparison.Ordinal) && line.Contains("Unloading says no", StringComparison.Ordinal));
        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task DisposeAsync_UnloadingHandlerHangs_ComesBackAndNamesIt()
    {
        using var release = Release.Create();
        await using var loads = new Loads(_short);
        var package = loads.Fixture("Leaks", "unloading-hangs");

        await loads.ComeAndGoAsync(package);

        Assert.StartsWith("A handler of Unloading in leaks 1.0.0", loads.UntilSettled(package).HeldBy, StringComparison.Ordinal);
        release.Set();
        loads.Until(package, facts => facts.CollectedAt is not null);
    }

    private static void Change(string directory, Action<JsonObject> change) => FixturePackages.Describe(directory, null, change);
}
