using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

/// <summary>What hosts that share a store tell each other, and what is removed for it.</summary>
public sealed class PackageStoreUsesTests : IDisposable
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly PackageFolder _folder = new();
    private readonly string _root;

    public PackageStoreUsesTests() => _root = _folder.At("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ClaimAsync_MarkNamesIt_NothingIsWritten()
    {
        using var host = await JoinAsync("a");
        var (one, two) = (await StageAsync(host, "1.0.0"), await StageAsync(host, "1.1.0"));
        await LoadAsync(host, one);
        await LoadAsync(host, two);
        var mark = FileStat.Read(MarkOf("a"));

        foreach (var package in (PackageIdentity[])[one, two, one]) await LoadAsync(host, package);
        await host.CollectAsync(TimeSpan.Zero, []);

        Assert.Equal([one, two], Named("a"));
        Assert.Equal(mark, FileStat.Read(MarkOf("a")));
    }

    [Fact]
    public async Task ClaimAsync_AfterARestart_MarkStands()
    {
        PackageIdentity one;
        using (var before = await JoinAsync("a"))
        {
            one = await StageAsync(before, "1.0.0");
            await LoadAsync(before, one);
        }

        var mark = FileStat.Read(MarkOf("a"));
        using var host = await JoinAsync("a");

        using var claim = await host.Store.ClaimAsync(one, s_none);

        Assert.NotNull(claim);
        Assert.Equal(mark, FileStat.Read(MarkOf("a")));
    }

    [Fact]
    public async Task ClaimAsync_StoreDoesNotHaveIt_IsNull()
    {
        using var host = await JoinAsync("a");
        var package = await StageAsync(host, "1.0.0");
        await host.Store.RemoveAsync(package, s_none);

        Assert.Null(await host.Store.ClaimAsync(package, s_none));
        Assert.Empty(Named("a"));
    }

    [Fact]
    public async Task ClaimAsync_MarkCannotBeWritten_FailsAndWhatItNamedIsStillClaimed()
    {
        using var host = await JoinAsync("a");
        var (one, two) = (await StageAsync(host, "1.0.0"), await StageAsync(host, "1.1.0"));
        await LoadAsync(host, one);
        var mark = await File.ReadAllBytesAsync(MarkOf("a"));
        Directory.Delete(Path.Join(_root, "uses"), recursive: true);

        var failure = await Assert.ThrowsAsync<StoreException>(() => host.Store.ClaimAsync(two, s_none));
        Directory.CreateDirectory(Path.Join(_root, "uses"));
        await File.WriteAllBytesAsync(MarkOf("a"), mark);
        var before = FileStat.Read(MarkOf("a"));

        Assert.Equal(PackageCodes.StoreFailed, failure.Code);
        using (var claim = await host.Store.ClaimAsync(one, s_none)) Assert.NotNull(claim);
        Assert.Equal(before, FileStat.Read(MarkOf("a")));
        await LoadAsync(host, two);
        Assert.Equal([one, two], Named("a"));
    }

    [Fact]
    public async Task RemoveAsync_AnotherHostNeedsIt_IsRefusedAndNamesIt()
    {
        using var host = await JoinAsync("a");
        var package = await StageAsync(host, "1.0.0");
        using (var other = await JoinAsync("b")) await LoadAsync(other, package);

        // It was ended, and comes back.
        var refused = await Assert.ThrowsAsync<PackageInUseException>(() => host.Store.RemoveAsync(package, s_none));

        Assert.Equal("package.in-use", refused.Code);
        Assert.Contains($"host b ({MarkOf("b")})", refused.Message, StringComparison.Ordinal);
        await host.Store.VerifyAsync(Assert.Single(host.Store.List()), s_none);
    }

    [Fact]
    public async Task RemoveAsync_ClaimedOrNeededHere_IsRefusedUntilItIsNot()
    {
        using var host = await JoinAsync("a");
        var package = await StageAsync(host, "1.0.0");
        using (await host.Store.ClaimAsync(package, s_none))
        {
            await Assert.ThrowsAsync<PackageInUseException>(() => host.Store.RemoveAsync(package, s_none));
        }

        host.Needed.Add(package);
        await Assert.ThrowsAsync<PackageInUseException>(() => host.Store.RemoveAsync(package, s_none));
        host.Needed.Clear();

        await host.Store.RemoveAsync(package, s_none);

        Assert.Empty(host.Store.List());
        Assert.Empty(Named("a"));
    }

    [Theory]
    [InlineData("b", false)]
    [InlineData("b", true)]
    [InlineData("a", true)]
    public async Task ClaimAndRemove_AtOnce_OneOfThemGetsIt(string remover, bool isMarked)
    {
        using var store = await JoinAsync("a");
        using var another = await JoinAsync("b");
        var other = remover == "a" ? store : another;
        var (claims, removals) = (0, 0);
        for (var round = 0; round < 60; round++)
        {
            // Named by the mark, which nothing needs any more.
            var package = await StageAsync(store, "1.0.0");
            if (isMarked) (await store.Store.ClaimAsync(package, s_none))?.Dispose();
            var claiming = Task.Run(() => store.Store.ClaimAsync(package, s_none));
            var removing = Task.Run(() => other.Store.RemoveAsync(package, s_none));
            using var claim = await claiming;
            var refused = await Record.ExceptionAsync(() => removing);

            Assert.Equal(claim is not null, refused is PackageInUseException);
            Assert.Equal(claim is null, refused is null);
            Assert.Equal(claim is null ? 0 : 1, other.Store.List().Count);
            (claims, removals) = claim is null ? (claims, removals + 1) : (claims + 1, removals);
            claim?.Dispose();
            await store.CollectAsync(null, []);
        }

        Assert.Equal(60, claims + removals);
    }

    [Fact]
    public async Task CollectAsync_Unneeded_GoesWhenItWasForLongEnough()
    {
        using var host = await JoinAsync("a");
        var (one, two, three) = (await StageAsync(host, "1.0.0"), await StageAsync(host, "1.1.0"), await StageAsync(host, "1.2.0"));
        host.Needed.AddRange([one, two]);
        await host.CollectAsync(s_day, []);
        _clock.Advance(30 * s_day);
        Assert.Empty(await host.CollectAsync(s_day, []));

        host.Needed.Remove(one);
        Assert.Empty(await host.CollectAsync(s_day, []));
        _clock.Advance(s_day - TimeSpan.FromMinutes(1));
        Assert.Empty(await host.CollectAsync(s_day, []));
        _clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(one, Assert.Single(await host.CollectAsync(s_day, [])));
        Assert.Equal([two, three], host.Store.List().Select(package => package.Identity));
    }

    [Fact]
    public async Task CollectAsync_NeededElsewhereOrExpectedOrHighest_Stays()
    {
        using var host = await JoinAsync("a");
        using var other = await JoinAsync("b");
        var packages = new List<PackageIdentity>();
        foreach (var version in (string[])["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) packages.Add(await StageAsync(host, version));
        await LoadAsync(other, packages[0]);

        Assert.Empty(await host.CollectAsync(null, [packages[1]]));
        Assert.Equal(packages[2], Assert.Single(await host.CollectAsync(TimeSpan.Zero, [packages[1]])));
        Assert.Equal([packages[0], packages[1], packages[3]], other.Store.List().Select(package => package.Identity));
    }

    [Fact]
    public async Task CollectAsync_OneVersionStoredWithOtherBytes_OneOfThemStays()
    {
        using var host = await JoinAsync("a");
        var old = await StageAsync(host, "1.0.0");
        _clock.Advance(s_day);
        var young = await StageAsync(host, "1.0.0", "other code");
        await host.Store.RenewAsync(young, s_none);

        Assert.Equal(old, Assert.Single(await host.CollectAsync(TimeSpan.Zero, [])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"packages":[{"id":"weather","version":"1.0.0","hash":""")]
    [InlineData("""{"packages":[{"id":"weather","version":"one","hash":"00"}]}""")]
    [InlineData("""{"packages":[null]}""")]
    [InlineData("null")]
    public async Task Mark_CannotBeRead_CountsAsEverythingUntilItIsForgotten(string content)
    {
        using var host = await JoinAsync("a");
        var (one, two) = (await StageAsync(host, "1.0.0"), await StageAsync(host, "1.1.0"));
        await File.WriteAllTextAsync(MarkOf("b"), content);

        Assert.Empty(await host.CollectAsync(TimeSpan.Zero, []));
        await Assert.ThrowsAsync<PackageInUseException>(() => host.Store.RemoveAsync(two, s_none));
        _clock.Advance(UseMarks.Lifetime + s_day);

        Assert.Equal(one, Assert.Single(await host.CollectAsync(TimeSpan.Zero, [])));
        Assert.False(File.Exists(MarkOf("b")));
        Assert.True(File.Exists(MarkOf("a")));
    }

    [Fact]
    public async Task Mark_OfAHostThatIsAway_CountsForThirtyDays()
    {
        using var host = await JoinAsync("a");
        var (one, _) = (await StageAsync(host, "1.0.0"), await StageAsync(host, "1.1.0"));
        using (var other = await JoinAsync("b")) await LoadAsync(other, one);

        _clock.Advance(UseMarks.Lifetime - s_day);
        Assert.Empty(await host.CollectAsync(TimeSpan.Zero, []));
        using (await JoinAsync("b")) _clock.Advance(UseMarks.Lifetime - s_day);
        Assert.Empty(await host.CollectAsync(TimeSpan.Zero, []));
        _clock.Advance(2 * s_day);

        Assert.Equal(one, Assert.Single(await host.CollectAsync(TimeSpan.Zero, [])));
    }

    [Fact]
    public async Task OpenAsync_UnfinishedMark_IsLeftOver()
    {
        using var host = await JoinAsync("a");
        var package = await StageAsync(host, "1.0.0");
        await LoadAsync(host, package);
        var unfinished = Path.Join(_root, "uses", $".a.json.00{AtomicFile.UnfinishedSuffix}");
        await File.WriteAllTextAsync(unfinished, "{");

        using var again = await JoinAsync("b");

        Assert.False(File.Exists(unfinished));
        Assert.Equal([package], Named("a"));
    }

    [Fact]
    public void NameOf_SameDirectory_IsTheSame()
    {
        Assert.Equal(UseMarks.NameOf("Host.One", "/srv/data"), UseMarks.NameOf("Host.One", "/srv/data"));
        Assert.StartsWith("host-one-", UseMarks.NameOf("Host.One", "/srv/data"), StringComparison.Ordinal);
        Assert.NotEqual(UseMarks.NameOf("Host.One", "/srv/data"), UseMarks.NameOf("Host.One", "/srv/other"));
    }

    /// <summary>What an instance does: claims, loads, and needs it from then on.</summary>
    private static async Task LoadAsync(Host host, PackageIdentity package)
    {
        using var claim = await host.Store.ClaimAsync(package, s_none);
        Assert.NotNull(claim);
        if (!host.Needed.Contains(package)) host.Needed.Add(package);
    }

    private async Task<PackageIdentity> StageAsync(Host host, string version, string content = "code")
    {
        _folder.Write($"weather-{version}", version, content);
        var scan = _folder.Source().Scan();
        var candidate = scan.Packages.Single(package => package.Candidate.Identity.Version.ToString() == version).Candidate;
        return (await host.Store.StageAsync(candidate, s_none)).Identity;
    }

    private async Task<Host> JoinAsync(string name)
    {
        var store = await PackageStore.OpenAsync(_root, new StoreClock(_clock), NullLogger.Instance, "linux-x64", s_none);
        var host = new Host(store, []);
        await store.JoinAsync(name, () => [.. host.Needed], s_none);
        return host;
    }

    private string MarkOf(string host) => Path.Join(_root, "uses", $"{host}.json");

    private IEnumerable<PackageIdentity> Named(string host) => UseMark.Read(File.ReadAllBytes(MarkOf(host)))!.OrderBy(package => package.Version);

    private sealed record Host(PackageStore Store, List<PackageIdentity> Needed) : IDisposable
    {
        internal async Task<IReadOnlyList<PackageIdentity>> CollectAsync(TimeSpan? keepUnused, IReadOnlyList<PackageIdentity> expected) =>
            [.. (await Store.CollectAsync(keepUnused, expected, s_none)).Select(removed => removed.Package)];

        public void Dispose() => Store.Dispose();
    }
}
