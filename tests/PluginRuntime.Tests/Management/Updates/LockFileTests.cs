using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Tests.Management;

public sealed class LockFileTests
{
    private const string Range = """{"version":"^1.0"}""";

    [Fact]
    public async Task Publish_WritesWhatRuns()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.0.0");
        await UntilLockedAsync(test, "1.0.0");

        feed.Publish("1.1.0");
        await UntilLockedAsync(test, "1.1.0");

        var entry = LockFile.Read(FileOf(test)).Find("probe", "^1.0")!;
        Assert.Equal(("own", test.Runtime.Packages.List()[^1].Package.Provenance!.Sha512), (entry.Source, entry.Sha512));
    }

    [Fact]
    public async Task FreshDirectory_LockedVersionComesFirstAndIsFollowedFrom()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        var lockFile = await LockAsync(feed, "1.0.0");
        feed.Publish("1.1.0");

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, rules => rules.LockFile = lockFile));
        await test.UntilVersionAsync("1.1.0");

        Assert.Equal(["1.0.0", "1.1.0"], test.Runtime.Packages.List().Select(item => item.Package.Identity.Version.ToString()));
    }

    [Fact]
    public async Task Locked_NewerVersionPublished_IsNotTaken()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        var lockFile = await LockAsync(feed, "1.0.0");
        feed.Publish("1.1.0");
        var before = await File.ReadAllTextAsync(lockFile);

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, Locked(lockFile)));
        await test.UntilVersionAsync("1.0.0");
        var asked = feed.Http.Requests.Count;
        await RuntimeUnderTest.UntilGoneAsync(() => feed.Http.Requests.Count > asked + 2);

        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Equal("1.0.0", Assert.Single(test.Runtime.Packages.List()).Package.Identity.Version.ToString());
        Assert.Equal(before, await File.ReadAllTextAsync(lockFile));
    }

    [Fact]
    public async Task Locked_SourceHasOtherBytes_IsDrift()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        var lockFile = await LockAsync(feed, "1.0.0");
        feed.Http.Remove("probe", "1.0.0");
        feed.Publish("1.0.0", "other bytes");

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, Locked(lockFile)));

        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem is { Source: "probe", Code: "lock.drift" }));
        Assert.Empty(test.Runtime.Packages.List());
    }

    [Fact]
    public async Task Locked_InstalledButNotInTheLock_IsNotRun()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.0.0");
        await UntilLockedAsync(test, "1.0.0");
        var lockFile = Path.Combine(test.Root, "copy.json");
        File.Copy(FileOf(test), lockFile);
        feed.Publish("1.1.0");
        await test.UntilVersionAsync("1.1.0");
        await test.Runtime.ShutdownAsync();

        await using var again = await RuntimeUnderTest.Create(test.Root).StartAsync(feed.AsSource(Range, Locked(lockFile)));

        await again.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task Locked_InstanceIsAway_FileStaysAsItIs()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        var lockFile = await LockAsync(feed, "1.0.0");
        var before = await File.ReadAllTextAsync(lockFile);

        await using (var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"1.x"}""", Locked(lockFile))))
        {
            await test.UntilAsync(status => status.LastError is not null);
        }

        Assert.Equal(before, await File.ReadAllTextAsync(lockFile));
    }

    [Fact]
    public async Task BrokenFile_StopsTheStartAndSaysWhere()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        await using var test = RuntimeUnderTest.Create();
        var lockFile = Path.Combine(test.Root, "broken.json");
        await File.WriteAllTextAsync(lockFile, """{"lockVersion": 1, "connectors": """);

        var failure = await Assert.ThrowsAsync<LockException>(() => test.StartAsync(feed.AsSource(Range, rules => rules.LockFile = lockFile)));

        Assert.Equal("lock.invalid", failure.Code);
        Assert.Contains(lockFile, failure.Message, StringComparison.Ordinal);
    }

    private static Action<PackageOptions> Locked(string lockFile) => rules => (rules.LockFile, rules.Locked) = (lockFile, true);

    private static string FileOf(RuntimeUnderTest test) => Path.Combine(test.Root, "data", LockFile.Name);

    private static Task UntilLockedAsync(RuntimeUnderTest test, string version) =>
        RuntimeUnderTest.UntilGoneAsync(() => LockFile.Read(FileOf(test)).Find("probe", "^1.0")?.Version == version);

    /// <summary>Publishes a version, runs it, and gives the lock file that this left.</summary>
    private static async Task<string> LockAsync(FeedUnderTest feed, string version)
    {
        feed.Publish(version);
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await UntilLockedAsync(test, version);
        var kept = Path.Combine(Directory.CreateTempSubdirectory("lock-").FullName, LockFile.Name);
        File.Copy(FileOf(test), kept);
        return kept;
    }
}
