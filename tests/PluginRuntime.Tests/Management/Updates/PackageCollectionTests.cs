using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>What a host needs of its store, alone or with others, and what it lets go of.</summary>
public sealed class PackageCollectionTests
{
    private const string Range = """{"version":"^1.0"}""";

    [Fact]
    public async Task Swap_VersionIsNoRollbackTargetAnyMore_IsCollected()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, AsSoonAsUnused));
        await test.UntilVersionAsync("1.0.0");
        var first = test.Runtime.Packages.List()[0].Package.Identity;
        await using var load = new CallLoad(test, 2);
        feed.Publish("1.1.0");
        await test.UntilVersionAsync("1.1.0");

        feed.Publish("1.2.0");
        await UntilCollectedAsync(test, "1.0.0");

        Assert.Equal(["1.1.0", "1.2.0"], Stored(test));
        var told = Assert.Single(test.Runtime.Events.Snapshot(), happened => happened.Type == EventTypes.PackageCollected);
        Assert.Equal(("probe", "1.0.0", first.Hash), (told.Connector, told.Version, told.Data["hash"]));
        Assert.Contains(test.Log.Lines, line => line.Contains($"Removed {first} from the store", StringComparison.Ordinal));
        Assert.Equal(OperationStatus.Succeeded, (await test.Runtime.Swaps.RollBack("p").Ended).Status);
        Assert.Equal("1.1.0", await test.VersionAsync());
        Assert.Empty((await load.StopAsync()).Failures);
    }

    [Fact]
    public async Task Swap_BetweenTwoKnownVersions_DoesNotWriteTheMark()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"^1.0","update":"manual"}"""));
        await test.UntilVersionAsync("1.0.0");
        feed.Publish("1.1.0");
        await InstallAsync(test, "1.1.0");
        await SwapAsync(test, "1.1.0");
        var mark = Directory.GetFiles(Path.Combine(test.Root, "data", "store", "uses")).Single();
        var before = FileStat.Read(mark);

        foreach (var version in (string[])["1.0.0", "1.1.0", "1.0.0", "1.1.0"]) await SwapAsync(test, version);

        Assert.Equal(2, UseMark.Read(await File.ReadAllBytesAsync(mark))!.Count);
        Assert.Equal(before, FileStat.Read(mark));
    }

    [Fact]
    public async Task SharedStore_AnotherHostNeedsIt_StaysAlsoWhileThatIsAway()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, AsSoonAsUnused));
        await using var other = await RuntimeUnderTest.Create().StartAsync(options =>
        {
            feed.AsSource("""{"version":"~1.0.0"}""", AsSoonAsUnused)(options);
            options.StoreDirectory = StoreOf(test);
        });
        await other.UntilVersionAsync("1.0.0");
        foreach (var version in (string[])["1.1.0", "1.2.0"])
        {
            feed.Publish(version);
            await test.UntilVersionAsync(version);
        }

        feed.Publish("1.3.0");
        await UntilCollectedAsync(test, "1.1.0");
        var refused = await RemoveAsync(test, "1.0.0");
        await other.Runtime.ShutdownAsync();
        var whileAway = await RemoveAsync(test, "1.0.0");

        Assert.Equal(["1.0.0", "1.2.0", "1.3.0"], Stored(test));
        Assert.All([refused, whileAway], told => Assert.Contains(
            $"host {UseMarks.NameOf(Environment.MachineName, Path.Combine(other.Root, "data"))} (", Assert.IsType<PackageInUseException>(told).Message, StringComparison.Ordinal));
        await using var again = await RuntimeUnderTest.Create(other.Root).StartAsync(options =>
        {
            options.StoreDirectory = StoreOf(test);
            options.DropDirectory = null;
            options.Instances["p"] = RuntimeUnderTest.ProbeConfig("""{"version":"~1.0.0"}""");
        });
        await again.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task InstanceIsDisabled_WhatTheLockFileNamesAndTheBestOfItsRangeStay()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"1.x","update":"manual"}"""));
        await test.UntilVersionAsync("1.0.0");
        foreach (var version in (string[])["1.1.0", "1.2.0", "2.0.0"])
        {
            feed.Publish(version);
            await InstallAsync(test, version);
        }

        await test.Runtime.ShutdownAsync();
        Directory.Delete(Path.Combine(test.Root, "data", "state"), recursive: true);

        await using var again = await RuntimeUnderTest.Create(test.Root).StartAsync(
            feed.AsSource("""{"version":"1.x","update":"manual","enabled":false}""", AsSoonAsUnused));

        await UntilCollectedAsync(again, "1.1.0");
        Assert.Equal(["1.0.0", "1.2.0", "2.0.0"], Stored(again));
    }

    [Fact]
    public async Task KeepUnused_Never_NothingIsCollected()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, rules => rules.KeepUnused = null));
        await test.UntilVersionAsync("1.0.0");
        var mark = Path.Combine(StoreOf(test), "uses", $"{UseMarks.NameOf(Environment.MachineName, Path.Combine(test.Root, "data"))}.json");
        foreach (var version in (string[])["1.1.0", "1.2.0"])
        {
            feed.Publish(version);
            await test.UntilVersionAsync(version);
        }

        // The mark was brought up to date; in the same pass something would have been removed.
        await RuntimeUnderTest.UntilGoneAsync(() => UseMark.Read(File.ReadAllBytes(mark)) is { Count: 2 });

        Assert.Equal(["1.0.0", "1.1.0", "1.2.0"], Stored(test));
    }

    [Fact]
    public async Task Swap_PackageVanishedFromTheStore_FailsWithoutBlameAndWorksOnceItIsBack()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"^1.0","update":"manual"}""", rules => rules.PollInterval = TimeSpan.FromHours(1)));
        await test.UntilVersionAsync("1.0.0");
        feed.Publish("1.1.0");
        await InstallAsync(test, "1.1.0");
        var package = test.Runtime.Packages.List()[^1].Package;
        File.Delete(new StoreLayout(StoreOf(test)).RecordOf(package.Identity));
        Directory.Delete(package.Directory, recursive: true);

        var failed = await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0")).Ended;
        await test.UntilAsync(status => status is { LastError: null, Generation.Version: "1.0.0" });
        var isBack = await test.Runtime.Packages.Install("probe", VersionRange.Parse("1.1.0")).Ended;
        await SwapAsync(test, "1.1.0");

        Assert.Equal((OperationStatus.Failed, "store.missing"), (failed.Status, failed.Code));
        Assert.Equal(OperationStatus.Succeeded, isBack.Status);
        Assert.Empty(test.Status().Quarantine);
        Assert.Equal("1.1.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Collection_TimePasses_LooksEveryHour()
    {
        using var folder = new PackageFolder();
        folder.Write("old", "1.0.0");
        folder.Write("young", "1.1.0");
        var clock = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        using var store = await PackageStore.OpenAsync(folder.At("store"), new StoreClock(clock), NullLogger.Instance, "linux-x64", CancellationToken.None);
        await store.JoinAsync("host", () => [], CancellationToken.None);
        foreach (var package in folder.Source(clock).Scan().Packages) await store.StageAsync(package.Candidate, CancellationToken.None);
        var events = new EventTrail(clock);
        var removals = 0;
        await using var collection = new PackageCollection(TimeSpan.FromMinutes(90), store, () => [], () => removals++, events, clock, NullLogger.Instance);

        collection.Start();
        await clock.WhenArmedAsync(1);
        clock.Advance(TimeSpan.FromHours(1));
        await clock.WhenArmedAsync(1);
        Assert.Equal(2, store.List().Count);
        clock.Advance(TimeSpan.FromHours(1));
        await events.MoreThan(0);
        await clock.WhenArmedAsync(1);

        Assert.Equal("1.1.0", Assert.Single(store.List()).Identity.Version.ToString());
        Assert.Equal(1, removals);
    }

    private static void AsSoonAsUnused(PackageOptions rules) => rules.KeepUnused = TimeSpan.Zero;

    private static string StoreOf(RuntimeUnderTest test) => Path.Combine(test.Root, "data", "store");

    private static IEnumerable<string> Stored(RuntimeUnderTest test) => test.Runtime.Packages.List().Select(item => item.Package.Identity.Version.ToString());

    private static Task UntilCollectedAsync(RuntimeUnderTest test, string version) => RuntimeUnderTest.UntilGoneAsync(
        () => test.Runtime.Events.Snapshot().Any(happened => happened.Type == EventTypes.PackageCollected && happened.Version == version));

    private static async Task InstallAsync(RuntimeUnderTest test, string version) =>
        Assert.Equal(OperationStatus.Succeeded, (await test.Runtime.Packages.Install("probe", VersionRange.Parse(version)).Ended).Status);

    private static async Task SwapAsync(RuntimeUnderTest test, string version) =>
        Assert.Equal(OperationStatus.Succeeded, (await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse(version)).Ended).Status);

    private static Task<Exception?> RemoveAsync(RuntimeUnderTest test, string version) => Record.ExceptionAsync(
        () => test.Runtime.Packages.RemoveAsync("probe", SemanticVersion.Parse(version), CancellationToken.None))!;
}
