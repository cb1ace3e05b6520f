using PluginRuntime.Management;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>Instances whose connectors come from a source.</summary>
public sealed class FeedUpdateTests
{
    private const string Range = """{"version":"^1.0"}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Poll_NewerVersionPublished_IsSwappedInWithoutAFailedCall(bool isHttp)
    {
        await using var feed = FeedUnderTest.Create(isHttp);
        feed.Publish("1.0.0");
        feed.Publish("1.1.0");
        feed.Publish("2.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.1.0");
        await using var load = new CallLoad(test, 4);

        feed.Publish("1.2.0");
        await test.UntilVersionAsync("1.2.0");
        Assert.Equal("1.2.0", await test.VersionAsync());

        // Of four callers at most four calls were under way: one of nine began after the swap.
        var calls = load.Calls;
        await RuntimeUnderTest.UntilGoneAsync(() => load.Calls > calls + 8);
        var (versions, failures) = await load.StopAsync();
        Assert.Empty(failures);
        Assert.Equal("1.2.0", versions[^1]);
        Assert.Equal(["1.1.0", "1.2.0"], test.Runtime.Packages.List().Select(item => item.Package.Identity.Version.ToString()));
        Assert.Equal("own", test.Runtime.Packages.List()[0].Package.Provenance!.Source);
    }

    [Fact]
    public async Task Start_FeedDown_ServesFromTheStoreAndAsksNobody()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.0.0");
        await test.Runtime.ShutdownAsync();
        feed.Http.Forget();

        await using var again = await RuntimeUnderTest.Create(test.Root).StartAsync(feed.AsSource(Range, rules => rules.PollInterval = TimeSpan.FromHours(1)));
        await again.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", await again.VersionAsync());
        Assert.Empty(feed.Http.Requests);
        await again.Runtime.ShutdownAsync();

        await feed.Http.GoDownAsync();
        await using var alone = await RuntimeUnderTest.Create(test.Root).StartAsync(feed.AsSource(Range));
        await alone.UntilVersionAsync("1.0.0");
        await alone.UntilAsync(_ => alone.Runtime.List().Problems.Any(problem => problem is { Source: "own", Code: "source.unreachable" }));
        Assert.Equal("1.0.0", await alone.VersionAsync());
    }

    [Fact]
    public async Task RequiredInstance_OnAFreshDirectory_WaitsForItsPackage()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"^1.0","required":true}"""));

        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Manual_NewerVersionPublished_StaysUntilItIsOrdered()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"^1.0","update":"manual"}"""));
        await test.UntilVersionAsync("1.0.0");
        feed.Publish("1.1.0");

        var installed = await test.Runtime.Packages.Install("probe", VersionRange.Parse("^1.0")).Ended;

        Assert.Equal((OperationStatus.Succeeded, "1.1.0"), (installed.Status, installed.To));
        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Equal("1.1.0", test.Status().Available);
    }

    [Fact]
    public async Task RefusedVersion_NextBestIsTakenAndTheReasonListed()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        feed.Publish("1.1.0", FeedUnderTest.Probe("1.1.0", change: package => package with { Manifest = manifest => manifest["version"] = "1.1.1" }));

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.0.0");

        var problem = Assert.Single(test.Runtime.List().Problems);
        Assert.Equal(("probe 1.1.0", "package.identity"), (problem.Source, problem.Code));
        Assert.Contains(test.Runtime.Events.Snapshot(), happened => happened is { Type: "package.refused", Code: "package.identity" });
    }

    [Fact]
    public async Task BadVersion_IsQuarantinedAndNotInstalledAgain()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.0.0");

        feed.Publish("1.1.0", "constructor-throws");
        await test.UntilAsync(status => status.Quarantine.Count == 1);
        feed.Publish("1.0.1");
        await test.UntilVersionAsync("1.0.1");

        Assert.Equal("1.1.0", test.Status().Quarantine[0].Package.Version.ToString());
    }

    [Fact]
    public async Task MinimumAge_YoungerVersion_IsHeldBack()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Http.Add(FeedUnderTest.Probe("1.0.0"), published: DateTimeOffset.UnixEpoch.AddYears(50));
        feed.Http.Add(FeedUnderTest.Probe("1.1.0"), published: TimeProvider.System.GetUtcNow());

        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range, rules => rules.MinimumAge = TimeSpan.FromDays(1)));

        await test.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", Assert.Single(test.Runtime.Packages.List()).Package.Identity.Version.ToString());
    }

    [Fact]
    public async Task Blocked_VersionInService_IsTakenOutAtTheNextStart()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        feed.Publish("1.1.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource(Range));
        await test.UntilVersionAsync("1.1.0");
        await test.Runtime.ShutdownAsync();

        await using var again = await RuntimeUnderTest.Create(test.Root).StartAsync(feed.AsSource(Range, rules => rules.Blocked.Add("probe@>=1.1.0")));

        await again.UntilVersionAsync("1.0.0");
        Assert.Contains(again.Runtime.List().Problems, problem => problem is { Source: "probe 1.1.0", Code: "package.blocked" });
    }

    [Fact]
    public async Task DropFolderHasTheIdToo_IsAConflict()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.1.0");
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync(options =>
        {
            feed.AsSource(Range)(options);
            options.DropDirectory = test.DropFolder;
        });
        await test.UntilVersionAsync("1.0.0");

        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem is { Source: "probe", Code: "source.conflict" }));

        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Empty(feed.Http.Requests);
    }

    [Fact]
    public async Task Remove_InUse_IsRefusedAndUnusedGoes()
    {
        await using var feed = FeedUnderTest.Create(isHttp: false);
        feed.Publish("1.0.0");
        await using var test = await RuntimeUnderTest.Create().StartAsync(feed.AsSource("""{"version":"~1.0.0"}"""));
        await test.UntilVersionAsync("1.0.0");
        feed.Publish("1.1.0");
        await test.Runtime.Packages.Install("probe", VersionRange.Parse("1.1")).Ended;

        var refused = await Assert.ThrowsAsync<PackageInUseException>(
            () => test.Runtime.Packages.RemoveAsync("probe", SemanticVersion.Parse("1.0.0"), CancellationToken.None));
        await test.Runtime.Packages.RemoveAsync("probe", SemanticVersion.Parse("1.1.0"), CancellationToken.None);

        Assert.Contains("p", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1.0.0", Assert.Single(test.Runtime.Packages.List()).Package.Identity.Version.ToString());
    }
}
