using PluginRuntime.Packages;
using PluginRuntime.Tests.Packages.Archives;

namespace PluginRuntime.Tests.Packages;

/// <summary>Package files in a folder.</summary>
public sealed class FolderArchivesTests : IDisposable
{
    private readonly PackageFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Scan_ArchiveOnItsWay_IsPendingThenProblemThenWhole()
    {
        var package = TestPackages.Library(new() { Id = "Weather", Version = "1.0.0" });
        PackageFolder.WriteFile(_folder.In("Weather.1.0.0.nupkg"), package[..^1]);
        var source = _folder.Source(_time, grace: TimeSpan.FromSeconds(10));

        var half = source.Scan();
        _time.Advance(TimeSpan.FromSeconds(10));
        var stalled = source.Scan();
        PackageFolder.WriteFile(_folder.In("Weather.1.0.0.nupkg"), package);
        var whole = source.Scan();

        Assert.Equal((0, 0), (half.Problems.Count, half.Archives.Count));
        Assert.Equal(["Weather.1.0.0.nupkg"], half.Pending);
        Assert.Equal(("Weather.1.0.0.nupkg", "package.archive"), (Assert.Single(stalled.Problems).Source, stalled.Problems[0].Code));
        Assert.Empty(whole.Problems);
        Assert.Equal(("weather", "1.0.0"), (Assert.Single(whole.Archives).Id, whole.Archives[0].Version));
        Assert.True(whole.Differs(stalled));
        Assert.False(whole.Differs(source.Scan()));
    }

    [Fact]
    public void Scan_HostileArchive_IsRefusedWithItsCode()
    {
        foreach (var (hostile, index) in HostileArchives.All.Where(hostile => hostile.Code is not ("package.archive" or "package.identity")).Select((hostile, index) => (hostile, index)))
        {
            PackageFolder.WriteFile(_folder.In($"{index:000}.nupkg"), hostile.Bytes());
        }

        var scan = _folder.Source().Scan();

        Assert.Empty(scan.Archives);
        Assert.Empty(scan.Pending);
        Assert.Equal(
            HostileArchives.All.Select(hostile => hostile.Code).Where(code => code is not ("package.archive" or "package.identity")),
            scan.Problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Scan_ArchiveThatOthersMayWrite_IsRefused()
    {
        PackageFolder.WriteFile(_folder.In("weather.1.0.0.nupkg"), TestPackages.Library(new() { Id = "weather" }));
        File.SetUnixFileMode(_folder.In("weather.1.0.0.nupkg"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);

        var scan = _folder.Source().Scan();

        Assert.Empty(scan.Archives);
        Assert.Equal("package.writable", Assert.Single(scan.Problems).Code);
    }

    [Fact]
    public void Scan_ArchiveBesideBuiltIns_IsNotTaken()
    {
        PackageFolder.WriteFile(_folder.In("weather.1.0.0.nupkg"), TestPackages.Library(new() { Id = "weather" }));

        var scan = _folder.Source(origin: PackageOrigin.BuiltIn).Scan();

        Assert.Empty(scan.Archives);
        Assert.Equal("package.nupkg", Assert.Single(scan.Problems).Code);
    }

    public void Dispose() => _folder.Dispose();
}
