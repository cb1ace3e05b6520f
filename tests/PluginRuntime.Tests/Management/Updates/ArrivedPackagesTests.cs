using PluginRuntime.Management;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>Package files in the drop-in folder, and such as were sent.</summary>
public sealed class ArrivedPackagesTests
{
    private const string Range = """{"version":"^1.0"}""";

    [Fact]
    public async Task Dropped_ThenANewerOneSlowly_IsSwappedInWithoutAFailedCallAndStays()
    {
        await using var test = await RuntimeUnderTest.Create().StartProbeAsync(Range);
        Drop(test, "probe.1.0.0.nupkg", FeedUnderTest.Probe("1.0.0"));
        await test.UntilVersionAsync("1.0.0");
        await using var load = new CallLoad(test, 4);

        var newer = FeedUnderTest.Probe("1.1.0");
        using (var stream = File.Create(Path.Combine(test.DropFolder, "probe.1.1.0.nupkg")))
        {
            await stream.WriteAsync(newer.AsMemory(..(newer.Length / 2)));
            await stream.FlushAsync();
            await RuntimeUnderTest.UntilGoneAsync(() => test.Runtime.Catalog.Pending.Contains("probe.1.1.0.nupkg"));
            await stream.WriteAsync(newer.AsMemory((newer.Length / 2)..));
        }

        await test.UntilVersionAsync("1.1.0");
        foreach (var file in Directory.GetFiles(test.DropFolder))
        {
            File.Delete(file);
        }

        var calls = load.Calls;
        await RuntimeUnderTest.UntilGoneAsync(() => load.Calls > calls + 8);
        Assert.Empty((await load.StopAsync()).Failures);
        Assert.Equal("drop-in", test.Runtime.Packages.List()[^1].Package.Provenance!.Source);
        await test.Runtime.ShutdownAsync();

        await using var again = await RuntimeUnderTest.Create(test.Root).StartProbeAsync(Range);
        await again.UntilVersionAsync("1.1.0");
        Assert.Equal("1.1.0", await again.VersionAsync());
    }

    [Fact]
    public async Task Dropped_WithWhatItNeeds_Runs()
    {
        await using var test = await RuntimeUnderTest.Create().StartProbeAsync(Range);
        Drop(test, "probe.1.0.0.nupkg", FeedUnderTest.Probe("1.0.0", change: package => package with { Dependencies = [("library", "1.0.0")] }));
        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem.Code == "package.dependency"));

        Drop(test, "library.1.0.0.nupkg", TestPackages.Library(new() { Id = "library", Entries = [("lib/net10.0/_._", [])] }));

        await test.UntilVersionAsync("1.0.0");
        await test.UntilAsync(_ => test.Runtime.List().Problems.Count == 0);
    }

    [Fact]
    public async Task Dropped_WhatAFeedOffersToo_IsAConflictAndChangesNothing()
    {
        await using var feed = FeedUnderTest.Create(isHttp: true);
        feed.Publish("1.0.0");
        await using var test = RuntimeUnderTest.Create();
        await test.StartAsync(options =>
        {
            feed.AsSource(Range, rules => rules.Sources[0] = new() { Name = "own", Location = feed.Location, Patterns = { "probe" } })(options);
            options.DropDirectory = test.DropFolder;
        });
        await test.UntilVersionAsync("1.0.0");

        Drop(test, "probe.1.1.0.nupkg", FeedUnderTest.Probe("1.1.0"));

        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem.Code == "source.conflict"));
        Assert.Equal("1.0.0", await test.VersionAsync());
        File.Delete(Path.Combine(test.DropFolder, "probe.1.1.0.nupkg"));
        feed.Publish("1.2.0");
        await test.UntilVersionAsync("1.2.0");
    }

    [Fact]
    public async Task Dropped_IdAsADirectoryToo_IsAConflict()
    {
        await using var test = await RuntimeUnderTest.Create().StartProbeAsync(Range);
        FixturePackages.Drop(FixturePackages.Built(FixturePackages.Probe), test.DropFolder, "probe", "1.0.0");
        await test.UntilVersionAsync("1.0.0");

        Drop(test, "probe.1.1.0.nupkg", FeedUnderTest.Probe("1.1.0"));

        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem.Code == "source.conflict"));
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Upload_Installed_IsThereUntilItIsRemoved()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();

        var installed = await (await test.Runtime.Packages.UploadAsync(new MemoryStream(FeedUnderTest.Probe("1.0.0")), CancellationToken.None)).Ended;
        var again = await (await test.Runtime.Packages.UploadAsync(new MemoryStream(FeedUnderTest.Probe("1.0.0")), CancellationToken.None)).Ended;
        var other = await Assert.ThrowsAsync<PackageRefusedException>(
            () => test.Runtime.Packages.UploadAsync(new MemoryStream(FeedUnderTest.Probe("1.0.0", "throw")), CancellationToken.None));

        Assert.Equal([OperationStatus.Succeeded, OperationStatus.Succeeded], [installed.Status, again.Status]);
        Assert.Equal(("probe", "1.0.0"), (installed.Instance, installed.To));
        Assert.Equal("package.changed", other.Code);
        Assert.Equal("upload", Assert.Single(test.Runtime.Packages.List()).Package.Provenance!.Source);

        await test.Runtime.Packages.RemoveAsync("probe", SemanticVersion.Parse("1.0.0"), CancellationToken.None);
        Assert.Empty((await test.Runtime.Packages.SearchAsync("", "default", CancellationToken.None)).Items);
        Assert.Empty(Left(test));
    }

    [Fact]
    public async Task Upload_ThatCannotBeInstalled_IsNotKept()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var needy = FeedUnderTest.Probe("1.0.0", change: package => package with { Dependencies = [("library", "1.0.0")] });

        var operation = await (await test.Runtime.Packages.UploadAsync(new MemoryStream(needy), CancellationToken.None)).Ended;
        var garbage = await Assert.ThrowsAsync<PackageRefusedException>(
            () => test.Runtime.Packages.UploadAsync(new MemoryStream("no package"u8.ToArray()), CancellationToken.None));
        var odd = await Assert.ThrowsAsync<PackageRefusedException>(() => test.Runtime.Packages.UploadAsync(
            new MemoryStream(TestPackages.Library(new() { Id = "a", Version = "1.0.0.1" })), CancellationToken.None));

        Assert.Equal(("package.dependency", "package.archive", "package.identity"), (operation.Code, garbage.Code, odd.Code));
        Assert.Empty(test.Runtime.Packages.List());
        Assert.Empty(Left(test));
    }

    private static IEnumerable<string> Left(RuntimeUnderTest test) =>
        Directory.EnumerateFiles(Path.Combine(test.Root, "data", "arrived"), "*", SearchOption.AllDirectories);

    private static void Drop(RuntimeUnderTest test, string name, byte[] package) => File.WriteAllBytes(Path.Combine(test.DropFolder, name), package);
}
