using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

/// <summary>What a kill, or a disk that refuses, leaves behind at each step of a commit.</summary>
public sealed class PackageStoreCrashTests : IDisposable
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private readonly PackageFolder _folder = new();
    private readonly string _root;
    private readonly PackageCandidate _candidate;

    public PackageStoreCrashTests()
    {
        _root = _folder.At("store");
        _folder.Write();
        _candidate = _folder.Source().Scan().Packages.Single().Candidate;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OpenAsync_LeftoverStagingDirectory_IsRemoved()
    {
        (await OpenAsync()).Dispose();
        PackageFolder.WriteFile(At("staging/0123/runtimes/half.dll"), [1]);

        using var store = await OpenAsync();

        Assert.Empty(Directory.GetFileSystemEntries(At("staging")));
    }

    [Fact]
    public async Task OpenAsync_StagingDirectoryOfLivingOwner_StaysUntilItEnds()
    {
        (await OpenAsync()).Dispose();
        var area = StagingArea.Create_NeedsLock(At("staging"), NullLogger.Instance);

        (await OpenAsync()).Dispose();
        var whileAlive = Directory.Exists(area.Path);
        area.Dispose();

        Assert.True(whileAlive);
        Assert.False(Directory.Exists(area.Path));
    }

    [Fact]
    public async Task OpenAsync_DirectoryWithoutRecord_IsRemoved()
    {
        var stored = await StageAsync();
        File.Delete(RecordOf(stored));

        using var store = await OpenAsync();

        Assert.False(Directory.Exists(stored.Directory));
        AssertEmpty(store);
    }

    [Fact]
    public async Task OpenAsync_RecordWithoutDirectory_IsDropped()
    {
        var stored = await StageAsync();
        Directory.Delete(stored.Directory, recursive: true);

        using var store = await OpenAsync();

        Assert.False(File.Exists(RecordOf(stored)));
        AssertEmpty(store);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(-1)]
    public async Task OpenAsync_RecordTruncated_IsDroppedWithItsDirectory(int length)
    {
        var stored = await StageAsync();
        using (var record = new FileStream(RecordOf(stored), FileMode.Open)) record.SetLength(length < 0 ? record.Length - 1 : length);

        using var store = await OpenAsync();

        Assert.False(Directory.Exists(stored.Directory));
        AssertEmpty(store);
        Assert.Equal(stored.Directory, (await store.StageAsync(_candidate, s_none)).Directory);
    }

    [Fact]
    public async Task OpenAsync_RecordOfAnotherPackage_IsDropped()
    {
        var stored = await StageAsync();
        File.Move(RecordOf(stored), RecordOf(stored).Replace("1.0.0", "2.0.0", StringComparison.Ordinal));

        using var store = await OpenAsync();

        AssertEmpty(store);
    }

    [Fact]
    public async Task OpenAsync_UnfinishedRecord_IsRemovedAndTheRestStays()
    {
        var stored = await StageAsync();
        var unfinished = Path.Join(Path.GetDirectoryName(RecordOf(stored)), $".1.0.0.json.AB{AtomicFile.UnfinishedSuffix}");
        File.WriteAllText(unfinished, "{");

        using var store = await OpenAsync();

        Assert.False(File.Exists(unfinished));
        Assert.Equal(stored.Identity, Assert.Single(store.List()).Identity);
    }

    [Fact]
    public async Task OpenAsync_RootIsFile_FailsTransiently()
    {
        File.WriteAllText(_root, "");

        var failed = await Assert.ThrowsAsync<StoreException>(OpenAsync);

        Assert.Equal(("store.failed", true), (failed.Code, failed.IsTransient));
    }

    [Theory]
    [InlineData("packages/weather")]
    [InlineData("records/weather")]
    public async Task StageAsync_DiskRefusesTheCommit_FailsWithoutTrace(string blocked)
    {
        using var store = await OpenAsync();
        File.WriteAllText(At(blocked), "a file where a directory has to be");

        var failed = await Assert.ThrowsAsync<StoreException>(() => store.StageAsync(_candidate, s_none));
        File.Delete(At(blocked));

        Assert.Equal(("store.failed", true), (failed.Code, failed.IsTransient));
        AssertEmpty(store);
        Assert.Equal(_candidate.Identity, (await store.StageAsync(_candidate, s_none)).Identity);
    }

    [Fact]
    public async Task StageAsync_RecordCannotBeRead_FailsWithoutTrace()
    {
        using var store = await OpenAsync();
        Directory.CreateDirectory(At($"records/weather/1.0.0-{_candidate.Identity.Hash[..16]}.json"));

        await Assert.ThrowsAsync<StoreException>(() => store.StageAsync(_candidate, s_none));

        Assert.Empty(Directory.GetFileSystemEntries(At("packages")));
        Assert.Empty(Directory.GetFileSystemEntries(At("staging")));
        Assert.Empty(Directory.GetFiles(At("records/weather")));
    }

    [Fact]
    public async Task StageAsync_StagingIsGone_FailsThenWorksAfterReopening()
    {
        using (var store = await OpenAsync())
        {
            Directory.Delete(At("staging"));
            File.WriteAllText(At("staging"), "");
            Assert.Equal("store.failed", (await Assert.ThrowsAsync<StoreException>(() => store.StageAsync(_candidate, s_none))).Code);
            File.Delete(At("staging"));
        }

        using var again = await OpenAsync();
        Assert.Equal(_candidate.Identity, (await again.StageAsync(_candidate, s_none)).Identity);
    }

    private string At(string relative) => Path.Join(_root, relative);

    private string RecordOf(StoredPackage stored) => At($"records/weather/{Path.GetFileName(stored.Directory)}.json");

    private async Task<StoredPackage> StageAsync()
    {
        using var store = await OpenAsync();
        return await store.StageAsync(_candidate, s_none);
    }

    private void AssertEmpty(PackageStore store)
    {
        Assert.Empty(store.List());
        Assert.All((string[])["staging", "packages", "records"], name => Assert.Empty(Directory.GetFileSystemEntries(At(name))));
    }

    private Task<PackageStore> OpenAsync() => PackageStore.OpenAsync(_root, TimeProvider.System, NullLogger.Instance, "linux-x64", s_none);
}
