using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class FolderSourceTests : IDisposable
{
    private readonly PackageFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Scan_WholePackage_IsCandidate()
    {
        _folder.Write();

        var scan = _folder.Source().Scan();

        var candidate = Assert.Single(scan.Packages).Candidate;
        Assert.Equal(FolderState.Read, scan.State);
        Assert.Empty(scan.Problems);
        Assert.Empty(scan.Pending);
        Assert.Equal(("weather", "1.0.0"), (candidate.Identity.Id, candidate.Identity.Version.ToString()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder.In("weather/connector.json")))),
            candidate.Identity.Hash);
        Assert.Equal((PackageOrigin.Drop, "weather/", _folder.In("weather")), (candidate.Origin, candidate.Source, candidate.Directory));
    }

    [Fact]
    public void Scan_FolderNeverThere_IsAbsent()
    {
        Directory.Delete(_folder.Path);

        var scan = _folder.Source().Scan();

        Assert.Equal(FolderState.Absent, scan.State);
        Assert.Empty(scan.Problems);
    }

    [Fact]
    public void Scan_FolderVanishes_KeepsWhatWasKnownAndSaysSo()
    {
        _folder.Write();
        var source = _folder.Source();
        var before = source.Scan();
        Directory.Move(_folder.Path, _folder.At("away"));

        var gone = source.Scan();
        Directory.Move(_folder.At("away"), _folder.Path);
        var back = source.Scan();

        Assert.Equal(FolderState.Unreadable, gone.State);
        Assert.True(gone.Packages.Single().IsSame(before.Packages.Single()));
        Assert.Equal(("./", "source.unreadable"), (gone.Problems.Single().Source, gone.Problems.Single().Code));
        Assert.Equal(FolderState.Read, back.State);
        Assert.False(back.Differs(before));
    }

    [Fact]
    public void Scan_FolderIsSomethingElse_IsUnreadable()
    {
        Directory.Delete(_folder.Path);
        File.WriteAllText(_folder.Path, "");
        Assert.Equal(FolderState.Unreadable, _folder.Source().Scan().State);

        File.Delete(_folder.Path);
        File.CreateSymbolicLink(_folder.Path, _folder.Path);   // a link to itself cannot be resolved
        Assert.Equal(FolderState.Unreadable, _folder.Source().Scan().State);
    }

    [Fact]
    public void Scan_FolderIsLink_IsRead()
    {
        Directory.Move(_folder.Path, _folder.At("elsewhere"));
        Directory.CreateSymbolicLink(_folder.Path, _folder.At("elsewhere"));
        _folder.Write();

        Assert.Single(_folder.Source().Scan().Packages);
    }

    [Fact]
    public void Scan_FolderEmptied_IsReadAndEmpty()
    {
        _folder.Write();
        var source = _folder.Source();
        source.Scan();
        Directory.Delete(_folder.In("weather"), recursive: true);

        var scan = source.Scan();

        Assert.Equal(FolderState.Read, scan.State);
        Assert.Empty(scan.Packages);
    }

    [Fact]
    public void Scan_NoManifestYet_IsPendingAndNeverAProblem()
    {
        _folder.Write(manifest: false);
        var source = _folder.Source(_time);

        var first = source.Scan();
        _time.Advance(TimeSpan.FromHours(1));
        var late = source.Scan();

        Assert.Equal(["weather/"], first.Pending);
        Assert.True(first.IsSettling);
        Assert.Equal(["weather/"], late.Pending);
        Assert.False(late.IsSettling);
        Assert.Empty(late.Problems);
    }

    [Fact]
    public void Scan_InvalidManifest_ListsPointers()
    {
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), "{}"u8.ToArray());

        var problem = Assert.Single(_folder.Source().Scan().Problems);

        Assert.Equal(("weather/", "manifest.invalid"), (problem.Source, problem.Code));
        Assert.Contains("/id", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_ManifestWithoutRuntime_AsksForBuildStep()
    {
        const string Manifest = """{"manifestVersion":1,"id":"weather","name":"Weather","version":"1.0.0","description":"","category":"demo","auth":{"type":"none"},"actions":[]}""";
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), Encoding.UTF8.GetBytes(Manifest));

        var scan = _folder.Source().Scan();

        Assert.Equal("package.manifest-only", Assert.Single(scan.Problems).Code);
        Assert.Contains("build step", scan.Problems[0].Detail, StringComparison.Ordinal);
        Assert.Empty(scan.Packages);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("weather.DLL")]
    public void Scan_ListedPathLeavesPackageOrCollides_IsRefused(string path)
    {
        _folder.Write();
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), PackageFolder.Manifest(extraFile: path));

        var scan = _folder.Source().Scan();

        Assert.Equal("manifest.invalid", Assert.Single(scan.Problems).Code);
        Assert.Empty(scan.Packages);
    }

    [Fact]
    public void Scan_FileMissing_IsPendingThenProblemThenWhole()
    {
        _folder.Write();
        var dll = File.ReadAllBytes(_folder.In("weather/Weather.dll"));
        File.Delete(_folder.In("weather/Weather.dll"));
        var source = _folder.Source(_time, grace: TimeSpan.FromSeconds(10));

        var first = source.Scan();
        _time.Advance(TimeSpan.FromSeconds(9));
        PackageFolder.WriteFile(_folder.In("weather/Weather.dll"), dll[..3]);   // progress: the time starts anew
        var progress = source.Scan();
        _time.Advance(TimeSpan.FromSeconds(9));
        var waiting = source.Scan();
        _time.Advance(TimeSpan.FromSeconds(1));
        var stalled = source.Scan();
        PackageFolder.WriteFile(_folder.In("weather/Weather.dll"), dll);
        var whole = source.Scan();

        Assert.All([first, progress, waiting], scan => Assert.Empty(scan.Problems));
        Assert.All([first, progress, waiting, stalled], scan => Assert.Equal(["weather/"], scan.Pending));
        Assert.All([first, progress, waiting, stalled], scan => Assert.Empty(scan.Packages));
        Assert.Equal((true, false), (waiting.IsSettling, stalled.IsSettling));
        Assert.Equal("package.incomplete", Assert.Single(stalled.Problems).Code);
        Assert.Contains("'Weather.dll' has 3 bytes", stalled.Problems[0].Detail, StringComparison.Ordinal);
        Assert.Single(whole.Packages);
        Assert.Empty(whole.Problems);
        Assert.Empty(whole.Pending);
    }

    [Fact]
    public void Scan_PackageBeingOverwritten_KeepsOldOneForGraceTime()
    {
        _folder.Write();
        var source = _folder.Source(_time, grace: TimeSpan.FromSeconds(10));
        var before = source.Scan();
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), PackageFolder.Manifest("1.1.0", "much longer code"));

        var meanwhile = source.Scan();
        _time.Advance(TimeSpan.FromSeconds(10));
        var stalled = source.Scan();
        _folder.Write(version: "1.1.0", content: "much longer code");
        var after = source.Scan();

        Assert.True(meanwhile.Packages.Single().IsSame(before.Packages.Single()));
        Assert.Equal(["weather/"], meanwhile.Pending);
        Assert.Empty(stalled.Packages);
        Assert.Equal("1.1.0", after.Packages.Single().Candidate.Identity.Version.ToString());
    }

    [Fact]
    public void Scan_HiddenDirectory_IsIgnoredUntilRenamed()
    {
        _folder.Write(".weather");
        var source = _folder.Source();
        var hidden = source.Scan();
        Directory.Move(_folder.In(".weather"), _folder.In("weather"));

        Assert.Empty(hidden.Packages);
        Assert.Empty(hidden.Pending);
        Assert.Single(source.Scan().Packages);
    }

    [Theory]
    [InlineData("")]
    [InlineData("connector.json")]
    [InlineData("Weather.dll")]
    [InlineData("runtimes/linux-x64")]
    public void Scan_GroupMayWrite_IsRefusedWithCommand(string path)
    {
        _folder.Write();
        _folder.Write("other", id: "other");
        PackageFolder.LetGroupWrite(_folder.In($"weather/{path}"));

        var scan = _folder.Source().Scan();

        Assert.Equal(("weather/", "package.writable"), (Assert.Single(scan.Problems).Source, scan.Problems[0].Code));
        Assert.Contains($"chmod -R go-w '{_folder.In("weather")}'", scan.Problems[0].Detail, StringComparison.Ordinal);
        Assert.Equal("other", scan.Packages.Single().Candidate.Identity.Id);
        Assert.Equal(2, _folder.Source(origin: PackageOrigin.BuiltIn).Scan().Packages.Count);
    }

    [Fact]
    public void Scan_FolderWritableByGroup_RefusesAllWithOneProblem()
    {
        _folder.Write();
        _folder.Write("other", id: "other");
        PackageFolder.LetGroupWrite(_folder.Path);

        var scan = _folder.Source().Scan();

        Assert.Empty(scan.Packages);
        Assert.Equal(("./", "package.writable"), (Assert.Single(scan.Problems).Source, scan.Problems[0].Code));
    }

    [Theory]
    [InlineData("weather/Weather.dll")]
    [InlineData("weather/connector.json")]
    [InlineData("weather/runtimes/linux-x64")]
    [InlineData("weather")]
    public void Scan_LinkInTheWay_IsRefused(string path)
    {
        _folder.Write();
        var real = _folder.At("real");
        Directory.Move(_folder.In(path), real);
        File.CreateSymbolicLink(_folder.In(path), real);

        var scan = _folder.Source().Scan();

        Assert.Equal(("weather/", "package.link"), (Assert.Single(scan.Problems).Source, scan.Problems[0].Code));
        Assert.Empty(scan.Packages);
    }

    [Fact]
    public void Scan_UnlistedLink_IsRefused()
    {
        _folder.Write();
        File.CreateSymbolicLink(_folder.In("weather/notes"), "/etc/hostname");

        Assert.Contains("'notes'", Assert.Single(_folder.Source().Scan().Problems).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_LinkComesAndGoesDeepInside_IsNoticed()
    {
        _folder.Write();
        PackageFolder.CreateDirectory(_folder.In("weather/notes/deep"));
        var source = _folder.Source();
        var before = source.Scan();
        File.CreateSymbolicLink(_folder.In("weather/notes/deep/link"), "/etc/hostname");
        var with = source.Scan();
        File.Delete(_folder.In("weather/notes/deep/link"));
        var without = source.Scan();

        Assert.Single(before.Packages);
        Assert.Contains("'notes/deep/link'", Assert.Single(with.Problems).Detail, StringComparison.Ordinal);
        Assert.Single(without.Packages);
    }

    [Fact]
    public void Scan_SameVersionTwiceWithSameBytes_IsTakenOnce()
    {
        _folder.Write("b");
        _folder.Write("a");

        var scan = _folder.Source().Scan();

        Assert.Equal("a/", Assert.Single(scan.Packages).Candidate.Source);
        Assert.Empty(scan.Problems);
    }

    [Fact]
    public void Scan_SameVersionTwiceWithOtherBytes_RefusesBoth()
    {
        _folder.Write("a");
        _folder.Write("b", content: "other code");
        _folder.Write("c", version: "1.0.1");

        var scan = _folder.Source().Scan();

        Assert.Equal([("a/", "package.duplicate"), ("b/", "package.duplicate")], scan.Problems.Select(problem =>
            (problem.Source, problem.Code)));
        Assert.Equal("c/", Assert.Single(scan.Packages).Candidate.Source);
    }

    [Fact]
    public void Scan_PackageThatCannotBeRead_HurtsOnlyItself()
    {
        _folder.Write("other", id: "other");
        _folder.Write();
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), PackageFolder.Manifest(extraFile: new string('x',
            300)));   // no file system has such a name

        var scan = _folder.Source().Scan();

        Assert.Equal(FolderState.Read, scan.State);
        Assert.Equal(("weather/", "package.unreadable"), (Assert.Single(scan.Problems).Source, scan.Problems[0].Code));
        Assert.Equal("other", Assert.Single(scan.Packages).Candidate.Identity.Id);
    }

    [Fact]
    public void Scan_Unchanged_ParsesNothingAgain()
    {
        _folder.Write("a", id: "a");
        _folder.Write("b", id: "b");
        var source = _folder.Source();
        var first = source.Scan();
        var parsed = source.Parsed;

        var second = source.Scan();

        Assert.Equal((2, 2), (parsed, source.Parsed));
        Assert.False(second.Differs(first));
    }

    [Fact]
    public void Scan_ManifestReplacedUnderSameTimeAndSize_IsReadAgain()
    {
        _folder.Write();
        var path = _folder.In("weather/connector.json");
        var time = File.GetLastWriteTimeUtc(path);
        var source = _folder.Source();
        source.Scan();

        PackageFolder.WriteFile(path, PackageFolder.Manifest("1.0.1"));
        File.SetLastWriteTimeUtc(path, time);

        Assert.Equal("1.0.1", source.Scan().Packages.Single().Candidate.Identity.Version.ToString());
    }

    [Fact]
    public void Scan_ListedFileOverwrittenInPlace_ChangesStampOnly()
    {
        _folder.Write();
        var path = _folder.In("weather/Weather.dll");
        var time = File.GetLastWriteTimeUtc(path);
        var source = _folder.Source();
        var before = source.Scan();

        var bytes = File.ReadAllBytes(path);
        bytes[0] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time.AddSeconds(1));
        var after = source.Scan();

        Assert.Equal(before.Packages.Single().Candidate.Identity, after.Packages.Single().Candidate.Identity);
        Assert.NotEqual(before.Packages.Single().Stamp, after.Packages.Single().Stamp);
        Assert.True(after.Differs(before));
    }
}
