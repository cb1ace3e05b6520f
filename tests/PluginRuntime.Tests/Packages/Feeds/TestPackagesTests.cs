using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Packages;

public sealed class TestPackagesTests
{
    private static readonly string _probe = FixturePackages.Built(FixturePackages.Probe);

    [Fact]
    public void Connector_OfFixture_IsWhatItsManifestSays()
    {
        var entries = Entries(TestPackages.Connector(_probe, new() { Id = "other", Version = "1.2.0", Behaviour = "well", Entries = [("lib/net10.0/extra.txt", "more"u8.ToArray())] }));

        var read = ManifestReader.Read(entries["connector.json"]);
        Assert.Empty(read.Errors);
        Assert.Equal(("other", "1.2.0"), (read.Manifest!.Id, read.Manifest.Version.ToString()));
        Assert.Equal(["behaviour.txt", "connector.json", "extra.txt", "Fixtures.Probe.dll", "other.nuspec"], entries.Keys.Select(Path.GetFileName).Order(StringComparer.OrdinalIgnoreCase));
        Assert.All(entries.Where(entry => entry.Key.StartsWith(TestPackages.Lib, StringComparison.Ordinal)), entry => Assert.Equal(
            new(entry.Key[TestPackages.Lib.Length..], entry.Value.Length, Convert.ToHexStringLower(SHA256.HashData(entry.Value))),
            Assert.Single(read.Manifest.Files, file => file.Path == entry.Key[TestPackages.Lib.Length..])));
    }

    [Fact]
    public void Connector_WithDependencies_NamesThem()
    {
        var package = FeedPackage.Read(TestPackages.Connector(_probe, new() { Dependencies = [("Newtonsoft.Json", "[13.0.3, )")] }));

        Assert.Equal(("probe", "1.0.0", "Connector"), (package.Id, package.Version.ToString(), Assert.Single(package.PackageTypes)));
        var (framework, dependencies) = Assert.Single(package.Groups);
        Assert.Equal(("net10.0", ("Newtonsoft.Json", "[13.0.3, )")), (framework, Assert.Single(dependencies)));
    }

    [Fact]
    public void Connector_Spoilt_IsAsTold()
    {
        var entries = Entries(TestPackages.Connector(_probe, new()
        {
            PackageTypes = [],
            Manifest = manifest => manifest["id"] = "liar",
            Nuspec = metadata => metadata.Elements().First().Value = "another",
            Entries = [("icon.png", [1, 2])],
        }));

        Assert.Equal("liar", ManifestReader.Read(entries["connector.json"]).Manifest!.Id);
        Assert.Equal([1, 2], entries["icon.png"]);
        var nuspec = Encoding.UTF8.GetString(entries["probe.nuspec"]);
        Assert.Contains("<id>another</id>", nuspec, StringComparison.Ordinal);
        Assert.DoesNotContain("packageType ", nuspec, StringComparison.Ordinal);
    }

    [Fact]
    public void Connector_Twice_HasTheSameBytes() => Assert.Equal(TestPackages.Connector(_probe), TestPackages.Connector(_probe));

    private static Dictionary<string, byte[]> Entries(byte[] package)
    {
        using var archive = new ZipArchive(new MemoryStream(package));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return content.ToArray();
        });
    }
}
