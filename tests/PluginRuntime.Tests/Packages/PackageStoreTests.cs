using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class PackageStoreTests : IDisposable
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private readonly PackageFolder _folder = new();
    private readonly string _root;

    public PackageStoreTests() => _root = _folder.At("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StageAsync_WholePackage_LiesReadOnlyAtItsAddress()
    {
        var candidate = Candidate();
        PackageFolder.WriteFile(_folder.In("weather/unlisted.txt"), [1]);
        using var store = await OpenAsync();

        var stored = await store.StageAsync(candidate, s_none);

        Assert.Equal(Path.Join(_root, "packages", "weather", $"1.0.0-{candidate.Identity.Hash[..16]}"), stored.Directory);
        Assert.Equal((candidate.Identity, PackageOrigin.Drop), (stored.Identity, stored.Origin));
        Assert.Equal(["Weather.deps.json", "Weather.dll", "connector.json", PackageFolder.Native], FilesIn(stored.Directory));
        foreach (var file in FilesIn(stored.Directory))
        {
            Assert.Equal(File.ReadAllBytes(_folder.In($"weather/{file}")), File.ReadAllBytes(Path.Join(stored.Directory, file)));
            if (!OperatingSystem.IsWindows()) Assert.Equal("444", Convert.ToString((int)File.GetUnixFileMode(Path.Join(stored.Directory,
                file)), 8));
        }

        if (!OperatingSystem.IsWindows()) Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(Path.Join(stored.Directory,
            "runtimes")), 8));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(_root, "staging")));
        Assert.Equal(stored, Assert.Single(store.List()));
    }

    [Fact]
    public async Task StageAsync_Twice_GivesTheSameDirectoryUntouched()
    {
        using var store = await OpenAsync();
        var first = await store.StageAsync(Candidate(), s_none);
        var stat = FileStat.Read(Path.Join(first.Directory, "Weather.dll"));

        var second = await store.StageAsync(Candidate(), s_none);

        Assert.Equal(first.Directory, second.Directory);
        Assert.Equal(stat, FileStat.Read(Path.Join(second.Directory, "Weather.dll")));
    }

    [Fact]
    public async Task OpenAsync_Again_HasWhatWasStored()
    {
        StoredPackage stored;
        using (var store = await OpenAsync()) stored = await store.StageAsync(Candidate(), s_none);
        Directory.Delete(_folder.Path, recursive: true);

        using var again = await OpenAsync();
        var found = again.TryGet(stored.Identity);

        Assert.NotNull(found);
        Assert.Equal((stored.Directory, stored.Origin), (found.Directory, found.Origin));
        await again.VerifyAsync(found, s_none);
    }

    [Fact]
    public async Task List_SeveralPackages_IsOrdered()
    {
        using var store = await OpenAsync();
        foreach (var version in (string[])["1.10.0", "1.2.0"]) await store.StageAsync(Candidate(version, name: $"w{version}"), s_none);
        await store.StageAsync(Candidate(name: "a", id: "a"), s_none);

        Assert.Equal(["a 1.0.0", "weather 1.2.0", "weather 1.10.0"], store.List().Select(package =>
            $"{package.Identity.Id} {package.Identity.Version}"));
    }

    [Fact]
    public async Task StageAsync_OtherBytesOfSameSize_IsRefusedWithoutTrace()
    {
        var candidate = Candidate();
        PackageFolder.WriteFile(_folder.In("weather/Weather.dll"), "ASSEMBLY code"u8.ToArray());
        using var store = await OpenAsync();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => store.StageAsync(candidate, s_none));

        Assert.Equal(("package.hash-mismatch", "weather/", false), (refused.Code, refused.PackageSource, refused.IsTransient));
        Assert.Contains("'Weather.dll'", refused.Message, StringComparison.Ordinal);
        AssertNoTrace(store);
    }

    [Theory]
    [InlineData("longer")]
    [InlineData("shorter")]
    [InlineData("gone")]
    [InlineData("manifest")]
    [InlineData("directory")]
    public async Task StageAsync_ChangedSinceTheScan_IsIncompleteAndTransient(string change)
    {
        var candidate = Candidate();
        switch (change)
        {
            case "longer": File.AppendAllText(_folder.In("weather/Weather.dll"), "more"); break;
            case "shorter": File.WriteAllText(_folder.In("weather/Weather.dll"), ""); break;
            case "gone": File.Delete(_folder.In($"weather/{PackageFolder.Native}")); break;
            case "manifest": File.AppendAllText(_folder.In("weather/connector.json"), " "); break;
            default: Directory.Delete(_folder.In("weather"), recursive: true); break;
        }

        using var store = await OpenAsync();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => store.StageAsync(candidate, s_none));

        Assert.Equal(("package.incomplete", true), (refused.Code, refused.IsTransient));
        AssertNoTrace(store);
    }

    [Theory]
    [InlineData("weather/Weather.dll")]
    [InlineData("weather/connector.json")]
    [InlineData("weather/runtimes/linux-x64")]
    [InlineData("weather")]
    public async Task StageAsync_BecameLinkToTheSameBytes_IsRefused(string path)
    {
        var candidate = Candidate();
        Directory.Move(_folder.In(path), _folder.At("real"));
        File.CreateSymbolicLink(_folder.In(path), _folder.At("real"));
        using var store = await OpenAsync();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => store.StageAsync(candidate, s_none));

        Assert.Equal("package.link", refused.Code);
        AssertNoTrace(store);
    }

    [Fact]
    public async Task StageAsync_WrittenToMeanwhile_StoresRightBytesOrNothing()
    {
        var candidate = Candidate(content: new string('x', 500_000));
        using var store = await OpenAsync();
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            using var file = new FileStream(_folder.In("weather/Weather.dll"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            while (!stop.IsCancellationRequested)
            {
                foreach (var value in "yx"u8.ToArray())
                {
                    file.Position = 250_000;
                    file.WriteByte(value);
                    file.Flush();
                }
            }
        });

        for (var i = 0; i < 5; i++)
        {
            try
            {
                var stored = await store.StageAsync(candidate, s_none);
                Assert.DoesNotContain('y', File.ReadAllText(Path.Join(stored.Directory, "Weather.dll"))[10..]);
                await store.RemoveAsync(stored.Identity, s_none);
            }
            catch (PackageRefusedException refused)
            {
                Assert.Contains(refused.Code, (string[])["package.incomplete", "package.hash-mismatch"]);
            }

            AssertNoTrace(store);
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task StageAsync_Cancelled_LeavesNoTrace()
    {
        using var store = await OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.StageAsync(Candidate(), cancelled.Token));

        AssertNoTrace(store);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("removed")]
    [InlineData("added")]
    [InlineData("manifest")]
    public async Task StageAsync_StoredFileWasTamperedWith_IsTakenAnew(string how)
    {
        StoredPackage stored;
        using (var store = await OpenAsync()) stored = await store.StageAsync(Candidate(), s_none);
        Tamper(stored, how);

        using var again = await OpenAsync();
        var healed = await again.StageAsync(Candidate(), s_none);

        Assert.Equal(stored.Directory, healed.Directory);
        Assert.Equal(["Weather.deps.json", "Weather.dll", "connector.json", PackageFolder.Native], FilesIn(healed.Directory));
        Assert.Equal("assembly code", File.ReadAllText(Path.Join(healed.Directory, "Weather.dll")));
        Assert.Equal(healed.Identity, Assert.Single(again.List()).Identity);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("removed")]
    [InlineData("added")]
    public async Task VerifyAsync_StoredFileWasTamperedWith_SaysCorrupt(string how)
    {
        StoredPackage stored;
        using (var store = await OpenAsync()) stored = await store.StageAsync(Candidate(), s_none);
        Tamper(stored, how);

        using var again = await OpenAsync();
        var found = again.TryGet(stored.Identity)!;
        var corrupt = await Assert.ThrowsAsync<StoreException>(() => again.VerifyAsync(found, s_none));
        var asCandidate = new PackageCandidate(found.Identity, found.Manifest, PackageOrigin.Store, "store", found.Directory);
        var corruptToo = await Assert.ThrowsAsync<StoreException>(() => again.StageAsync(asCandidate, s_none));

        Assert.Equal(("store.corrupt", false), (corrupt.Code, corrupt.IsTransient));
        Assert.Equal("store.corrupt", corruptToo.Code);
    }

    [Fact]
    public async Task RemoveAsync_Stored_IsGoneAndMayComeBack()
    {
        using var store = await OpenAsync();
        var stored = await store.StageAsync(Candidate(), s_none);

        await store.RemoveAsync(stored.Identity, s_none);
        var gone = store.TryGet(stored.Identity);
        AssertNoTrace(store);
        await store.RemoveAsync(stored.Identity, s_none);
        var back = await store.StageAsync(Candidate(), s_none);

        Assert.Null(gone);
        Assert.Equal(4, FilesIn(back.Directory).Count);
    }

    [Fact]
    public async Task StageAsync_ManyTasksAndTwoStores_AllSucceedWithOnePackage()
    {
        var candidate = Candidate(content: new string('x', 300_000));
        using var left = await OpenAsync();
        using var right = await OpenAsync();

        var stored = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() =>
            (i % 2 == 0 ? left : right).StageAsync(candidate, s_none))));

        Assert.Single(stored.Select(package => package.Directory).Distinct());
        Assert.Single(left.List());
        Assert.Equal(4, FilesIn(stored[0].Directory).Count);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(_root, "staging")));
    }

    [Fact]
    public async Task StageAsync_RemovedByAnotherHostMeanwhile_IsVerifiedAnew()
    {
        using var left = await OpenAsync();
        using var right = await OpenAsync();
        var stored = await left.StageAsync(Candidate(), s_none);
        await right.RemoveAsync(stored.Identity, s_none);

        Assert.Null(left.TryGet(stored.Identity));
        Assert.Equal(stored.Directory, (await left.StageAsync(Candidate(), s_none)).Directory);
        Assert.Single(right.List());
    }

    [Fact]
    public async Task StageAsync_AnotherProcessHoldsTheLockAndDies_GoesOn()
    {
        using var store = await OpenAsync();
        using var holder = Process.Start(new ProcessStartInfo("flock", [Path.Join(_root, "lock"), "sh", "-c", "echo locked; exec cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("locked", await holder.StandardOutput.ReadLineAsync());

        var staging = store.StageAsync(Candidate(), s_none);
        using var impatient = new CancellationTokenSource();
        var givingUp = store.StageAsync(Candidate(), impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givingUp);
        Assert.False(staging.IsCompleted);
        AssertNoTrace(store);
        holder.Kill(entireProcessTree: true);
        await holder.WaitForExitAsync();

        Assert.Equal(4, FilesIn((await staging).Directory).Count);
    }

    private static void Tamper(StoredPackage stored, string how)
    {
        var path = Path.Join(stored.Directory, how == "manifest" ? "connector.json" : "Weather.dll");
        if (how == "added")
        {
            File.WriteAllText(Path.Join(stored.Directory, "planted.dll"), "");
            return;
        }

        File.Delete(path);
        if (how != "removed") File.WriteAllText(path, "ASSEMBLY code");
    }

    private static List<string> FilesIn(string directory) =>
        [.. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(path =>
            Path.GetRelativePath(directory, path)).Order(StringComparer.Ordinal)];

    private void AssertNoTrace(PackageStore store)
    {
        Assert.Empty(store.List());
        Assert.All((string[])["staging", "packages", "records"], name =>
            Assert.Empty(Directory.GetFileSystemEntries(Path.Join(_root, name))));
    }

    private Task<PackageStore> OpenAsync() => PackageStore.OpenAsync(_root, TimeProvider.System, NullLogger.Instance, "linux-x64", s_none);

    private PackageCandidate Candidate(string version = "1.0.0", string content = "code", string name = "weather", string id = "weather")
    {
        _folder.Write(name, version, content, id);
        return _folder.Source().Scan().Packages.Single(package => package.Candidate.Source == $"{name}/").Candidate;
    }
}
