using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Packages;

public sealed class PackageInstallerTests
{
    public static TheoryData<string, string> Faults => new()
    {
        { "down", "source.unreachable" },
        { "401", "source.unauthorized" },
        { "403", "source.unauthorized" },
        { "503", "source.failed" },
        { "html", "source.invalid" },
        { "empty-json", "source.invalid" },
        { "hang-at-accept", "source.timeout" },
        { "hang-in-body", "source.timeout" },
        { "truncated", "source.failed" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task ListAsync_SourceMisbehaves_EndsWithItsOwnError(string fault, string code)
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index, TimeSpan.FromSeconds(3));
        await BreakAsync(feed, fault);

        var failure = await Assert.ThrowsAsync<FeedException>(() => test.Installer.ListAsync("probe", CancellationToken.None));

        Assert.Equal(("own", code), (failure.PackageSource, failure.Code));
        Assert.Equal(fault is not ("401" or "403"), failure.IsTransient);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task InstallAsync_DownloadMisbehaves_EndsWithItsOwnErrorAndTheStoreIsAsItWas(string fault, string code)
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index, TimeSpan.FromSeconds(4));
        feed.FaultAt = request => request.Path.EndsWith(".nupkg", StringComparison.Ordinal);
        if (fault == "down")
        {
            return;
        }

        await BreakAsync(feed, fault);
        var before = test.Tree();

        var failure = await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => test.InstallAsync("probe", "1.0.0"));

        // A page for people in the place of a package is a package that is none.
        Assert.Contains(failure.Code, fault is "html" or "empty-json" ? ["package.archive", "source.failed", "source.invalid"] : new[] { code });
        Assert.Equal(before, test.Tree());
        Assert.True(test.IsStagingEmpty);
        feed.Fault = FeedFault.None;
        await test.InstallAsync("probe", "1.0.0");
    }

    [Fact]
    public async Task InstallAsync_FlippedOnTheWay_IsRefused()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index);
        feed.Fault = FeedFault.FlippedPackage;
        var before = test.Tree();

        await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal(before, test.Tree());
    }

    [Fact]
    public async Task InstallAsync_CredentialsAskedFor_AreSent()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0")) { Credentials = ("reader", "s3cret!") };
        var options = new PackageOptions();
        options.Sources.Add(new() { Name = "own", Location = feed.Index, Username = "reader", Password = "s3cret!" });
        using var test = await InstallerUnderTest.CreateAsync(options);

        var stored = await test.InstallAsync("probe", "1.0.0");

        Assert.Equal("1.0.0", stored.Identity.Version.ToString());
    }

    [Fact]
    public async Task InstallAsync_WrongCredentials_AreRefusedAndNotTold()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0")) { Credentials = ("reader", "s3cret!") };
        var options = new PackageOptions();
        options.Sources.Add(new() { Name = "own", Location = feed.Index, Username = "reader", Password = "guessed-it" });
        using var test = await InstallerUnderTest.CreateAsync(options);

        var failure = await Assert.ThrowsAsync<FeedException>(() => test.Installer.ListAsync("probe", CancellationToken.None));

        Assert.Equal("source.unauthorized", failure.Code);
        Assert.DoesNotContain("guessed-it", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstallAsync_SameVersionOtherBytes_IsRefusedForEver()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var first = await InstallerUnderTest.CreateAsync(feed.Index);
        var stored = await first.InstallAsync("probe", "1.0.0");
        await first.Store.RemoveAsync(stored.Identity, CancellationToken.None);
        feed.Remove("probe", "1.0.0");
        feed.Add(FeedUnderTest.Probe("1.0.0", "other"));
        var options = new PackageOptions();
        options.Sources.Add(new() { Name = "own", Location = feed.Index });
        var fresh = new PackageInstaller(options, [], first.Store, Path.Combine(first.StoreDirectory, "..", Path.GetRandomFileName()), new(), TimeProvider.System);
        var offered = await fresh.ListAsync("probe", CancellationToken.None);

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => fresh.InstallAsync("probe", offered[0], null, CancellationToken.None));

        Assert.Equal("package.changed", refused.Code);
        Assert.Empty(first.Store.List());
    }

    [Fact]
    public async Task InstallAsync_PublishedASecondAgo_IsSeen()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index);
        Assert.Single(await test.Installer.ListAsync("probe", CancellationToken.None));

        feed.Add(FeedUnderTest.Probe("1.1.0"));

        Assert.Equal("1.1.0", (await test.InstallAsync("probe", "1.1.0")).Identity.Version.ToString());
    }

    [Fact]
    public async Task ListAsync_TwoSourcesOfferIt_IsAConflict()
    {
        await using var one = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        await using var two = new LoopbackFeed(FeedUnderTest.Probe("9.0.0"));
        var options = new PackageOptions();
        options.Sources.Add(new() { Name = "one", Location = one.Index });
        options.Sources.Add(new() { Name = "two", Location = two.Index });
        using var test = await InstallerUnderTest.CreateAsync(options);

        var failure = await Assert.ThrowsAsync<FeedException>(() => test.Installer.ListAsync("probe", CancellationToken.None));

        Assert.Equal("source.conflict", failure.Code);
        Assert.Contains("one, two", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstallAsync_200UnderPatterns_NoRequestToTheWrongFeed()
    {
        await using var mine = new LoopbackFeed(Enumerable.Range(0, 100).Select(number => Named($"contoso.c{number}")));
        await using var theirs = new LoopbackFeed([.. Enumerable.Range(0, 100).Select(number => Named($"other{number}", "library")), Library("library")]);
        var options = new PackageOptions();
        options.Sources.Add(new() { Name = "mine", Location = mine.Index, Patterns = { "contoso.*" } });
        options.Sources.Add(new() { Name = "theirs", Location = theirs.Index, Patterns = { "*" } });
        using var test = await InstallerUnderTest.CreateAsync(options);

        foreach (var number in Enumerable.Range(0, 100))
        {
            await test.InstallAsync($"contoso.c{number}", "1.0.0");
            await test.InstallAsync($"other{number}", "1.0.0");
        }

        Assert.Equal(200, test.Store.List().Count);
        Assert.DoesNotContain(mine.Requests, request => request.Path.Contains("other", StringComparison.Ordinal) || request.Path.Contains("library", StringComparison.Ordinal));
        Assert.DoesNotContain(theirs.Requests, request => request.Path.Contains("contoso", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dependency-missing", "package.dependency")]
    [InlineData("contract-too-new", "package.contract")]
    [InlineData("native-missing", "package.native-missing")]
    [InlineData("no-assembly", "package.no-assembly")]
    [InlineData("framework-too-new", "package.framework")]
    [InlineData("framework-reference", "package.framework")]
    [InlineData("other-id", "package.identity")]
    [InlineData("other-bytes", "package.hash-mismatch")]
    [InlineData("no-manifest", "manifest.invalid")]
    public async Task InstallAsync_NotForThisHost_IsRefusedByName(string what, string code)
    {
        await using var feed = new LoopbackFeed(NotForThisHost(what), Library("library"), Library("future", "lib/net99.0/future.dll"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index);
        var before = test.Tree();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal((code, "probe 1.0.0"), (refused.Code, refused.PackageSource));
        Assert.Equal(before, test.Tree());
        Assert.True(test.IsStagingEmpty);
    }

    private static byte[] NotForThisHost(string what) => what == "no-assembly" ? WithoutAssembly() : FeedUnderTest.Probe("1.0.0", change: package => what switch
    {
        "dependency-missing" => package with { Dependencies = [("library", "[2.0.0]")] },
        "contract-too-new" => package with { Dependencies = [("PluginRuntime.Sdk", "99.0.0")] },
        "native-missing" => package with { Entries = [("runtimes/linux-nosuch/native/libweather.so", [1, 2, 3])] },
        "framework-too-new" => package with { Dependencies = [("future", "1.0.0")] },
        "framework-reference" => package with { Nuspec = metadata => Reference(metadata, "Microsoft.WindowsDesktop.App") },
        "other-id" => package with { Manifest = manifest => manifest["id"] = "other" },
        "other-bytes" => package with { Manifest = manifest => manifest["files"]!.AsArray().ToList().ForEach(file => file!["sha256"] = new string('0', 64)) },
        "no-manifest" => package with { Entries = [("connector.json", "{}"u8.ToArray())] },
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    });

    private static void Reference(System.Xml.Linq.XElement metadata, string framework) => metadata.Add(
        new System.Xml.Linq.XElement(metadata.Name.Namespace + "frameworkReferences",
            new System.Xml.Linq.XElement(metadata.Name.Namespace + "group", new System.Xml.Linq.XAttribute("targetFramework", "net10.0"),
                new System.Xml.Linq.XElement(metadata.Name.Namespace + "frameworkReference", new System.Xml.Linq.XAttribute("name", framework)))));

    private static byte[] WithoutAssembly() => TestPackages.Library(new()
    {
        Id = "probe",
        PackageTypes = ["Connector"],
        Entries = [("connector.json", File.ReadAllBytes(Path.Combine(FixturePackages.Built(FixturePackages.Probe), "connector.json")))],
    });

    private static byte[] Named(string id, params string[] needs) => TestPackages.Connector(
        FixturePackages.Built(FixturePackages.Probe), new() { Id = id, Dependencies = [.. needs.Select(need => (need, "1.0.0"))] });

    private static byte[] Library(string id, string file = "lib/net10.0/_._") => TestPackages.Library(new()
    {
        Id = id,
        PackageTypes = [],
        Entries = [(file, [])],
    });

    private static async Task BreakAsync(LoopbackFeed feed, string fault)
    {
        if (fault == "down")
        {
            await feed.GoDownAsync();
            return;
        }

        feed.Fault = fault switch
        {
            "html" => FeedFault.Html,
            "empty-json" => FeedFault.EmptyJson,
            "hang-at-accept" => FeedFault.HangAtAccept,
            "hang-in-body" => FeedFault.HangInBody,
            "truncated" => FeedFault.TruncatedBody,
            _ => FeedFault.Status(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
        };
    }
}
