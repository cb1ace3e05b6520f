using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Packages;

public sealed class PackageCatalogTests : IDisposable
{
    private readonly PackageFolder _builtIns = new();
    private readonly PackageFolder _drop = new();

    public void Dispose()
    {
        _builtIns.Dispose();
        _drop.Dispose();
    }

    [Fact]
    public void Resolve_SeveralVersions_GivesHighestNotExcluded()
    {
        foreach (var version in (string[])["1.2.0", "1.10.0", "2.0.0", "1.9.0"]) _drop.Write($"w{version}", version);
        var catalog = Merge();
        var range = VersionRange.Parse("^1.0.0");

        Assert.Equal(["2.0.0", "1.10.0", "1.9.0", "1.2.0"], catalog.Find("weather").Select(candidate =>
            candidate.Identity.Version.ToString()));
        Assert.Equal("1.10.0", catalog.Resolve("weather", range, _ => false)?.Identity.Version.ToString());
        Assert.Equal("1.9.0", catalog.Resolve("weather", range, identity =>
            identity.Version.ToString() == "1.10.0")?.Identity.Version.ToString());
        Assert.Null(catalog.Resolve("weather", range, _ => true));
        Assert.Null(catalog.Resolve("unknown", range, _ => false));
        Assert.Equal(["weather"], catalog.Ids);
    }

    [Fact]
    public void Merge_DropHasOtherBytesForBuiltInVersion_IsRefused()
    {
        _builtIns.Write();
        _drop.Write(content: "other code");

        var catalog = Merge();

        Assert.Equal(PackageOrigin.BuiltIn, Assert.Single(catalog.Find("weather")).Origin);
        Assert.Equal(("weather/", "package.builtin-id"), (Assert.Single(catalog.Problems).Source, catalog.Problems[0].Code));
    }

    [Fact]
    public void Merge_DropHasSameBytesOrAnotherVersion_IsTaken()
    {
        _builtIns.Write();
        _drop.Write();
        _drop.Write("newer", "1.1.0");

        var catalog = Merge();

        Assert.Empty(catalog.Problems);
        Assert.Equal([("1.1.0", PackageOrigin.Drop), ("1.0.0", PackageOrigin.BuiltIn)],
            catalog.Find("weather").Select(candidate => (candidate.Identity.Version.ToString(), candidate.Origin)));
    }

    [Fact]
    public void Merge_SourceUnreadable_KeepsItsPackagesAndIsNotComplete()
    {
        _drop.Write();
        var source = _drop.Source();
        var before = PackageCatalog.Merge([source.Scan()]);
        Directory.Move(_drop.Path, _drop.At("away"));

        var after = PackageCatalog.Merge([source.Scan()]);

        Assert.Equal((true, false), (before.IsComplete, after.IsComplete));
        Assert.Single(after.Find("weather"));
        Assert.Equal("source.unreadable", Assert.Single(after.Problems).Code);
        Assert.True(after.Differs(before));
    }

    [Fact]
    public void Differs_FileTouched_IsTrueAndStampSaysSo()
    {
        _drop.Write();
        var source = _drop.Source();
        var first = PackageCatalog.Merge([source.Scan()]);
        var same = PackageCatalog.Merge([source.Scan()]);
        File.SetLastWriteTimeUtc(_drop.In("weather/Weather.dll"), DateTime.UnixEpoch);
        var touched = PackageCatalog.Merge([source.Scan()]);
        var identity = first.Find("weather")[0].Identity;

        Assert.False(same.Differs(first));
        Assert.True(touched.Differs(first));
        Assert.NotEqual(first.FindStamp(identity), touched.FindStamp(identity));
        Assert.True(first.Differs(PackageCatalog.Empty));
    }

    /// <summary>Whatever was done to a folder, and however often it was looked at meanwhile, the memory of it adds nothing and hides
    /// nothing.</summary>
    [Fact]
    public void Scan_AfterAnyMutations_EqualsScanFromScratch()
    {
        var mutation = Gen.Choose(0, 8).SelectMany(kind => Gen.Choose(0, 2).SelectMany(name => Gen.Choose(0, 2), (name, value) =>
            (kind, name, value)));
        var sequences = mutation.ListOf().Select(list => list.ToArray());

        Prop.ForAll(sequences.ToArbitrary(), steps =>
        {
            using var folder = new PackageFolder();
            var remembering = folder.Source(grace: TimeSpan.Zero);
            foreach (var (kind, name, value) in steps)
            {
                Mutate(folder, kind, $"p{name}", value);
                remembering.Scan();
            }

            var after = remembering.Scan();
            var fresh = folder.Source(grace: TimeSpan.Zero).Scan();
            Assert.Equal(PackageFolder.Describe(fresh), PackageFolder.Describe(after));
            Assert.False(PackageCatalog.Merge([after]).Differs(PackageCatalog.Merge([fresh])));
        }).QuickCheckThrowOnFailure();
    }

    private static void Mutate(PackageFolder folder, int kind, string name, int value)
    {
        var directory = folder.In(name);
        var exists = Directory.Exists(directory);
        switch (kind)
        {
            case 0 or 1:
                folder.Write(name, $"1.{value}.0", $"code {value}");
                break;
            case 2 when exists:
                Directory.Delete(directory, recursive: true);
                break;
            case 3 when exists && !Directory.Exists(folder.In($"p{value}")):
                Directory.Move(directory, folder.In($"p{value}"));
                break;
            case 4 when exists:
                File.Delete(Path.Join(directory, value == 0 ? "connector.json" : "Weather.dll"));
                break;
            case 5 when exists:
                PackageFolder.WriteFile(Path.Join(directory, "connector.json"), value == 0 ? [] : PackageFolder.Manifest($"1.{value}.0",
                    $"code {value}"));
                break;
            case 6 when exists:
                PackageFolder.WriteFile(Path.Join(directory, "Weather.dll"), new byte[value * 5]);
                break;
            case 7 when File.Exists(Path.Join(directory, "connector.json")):
                PackageFolder.LetGroupWrite(Path.Join(directory, "connector.json"));
                break;
            case 8:
                if (File.Exists(folder.In($"{name}.nupkg"))) File.Delete(folder.In($"{name}.nupkg"));
                else File.WriteAllText(folder.In($"{name}.nupkg"), "");
                break;
            default:
                break;
        }
    }

    private PackageCatalog Merge() => PackageCatalog.Merge([_builtIns.Source(origin: PackageOrigin.BuiltIn).Scan(), _drop.Source().Scan()]);
}
