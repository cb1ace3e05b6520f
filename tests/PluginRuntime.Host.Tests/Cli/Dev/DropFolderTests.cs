using PluginRuntime.Cli;
using PluginRuntime.Cli.Dev;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Packages;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Cli.Dev;

public sealed class DropFolderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("drop-").FullName;

    private string Built => Path.Combine(_directory, "built");

    private string Drop => Path.Combine(_directory, "drop");

    public DropFolderTests()
    {
        FixturePackages.Copy(ConnectorFolder.Probe, Built);
        File.WriteAllText(Path.Combine(Built, "stale.txt"), "of a build before");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Put_Connector_IsWhatAHostFinds()
    {
        var (drop, isNew) = new DropFolder(Drop).Put(Built);

        Assert.True(isNew);
        Assert.Equal([Path.Combine(Drop, "probe-dev")], Directory.GetFileSystemEntries(Drop));
        var found = Assert.Single(new FolderSource(Drop, PackageOrigin.Drop, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Scan().Packages).Candidate;
        Assert.Equal((found.Identity.Id, $"{found.Identity.Version}", found.Identity.Hash), (drop.Id, drop.Version, drop.Hash));
        Assert.False(File.Exists(Path.Combine(drop.Directory, "stale.txt")));
    }

    [Fact]
    public void Put_Again_OnlyOtherBytesAreNew()
    {
        var folder = new DropFolder(Drop);
        var first = folder.Put(Built).Drop;

        Assert.False(folder.Put(Built).IsNew);
        File.WriteAllText(Path.Combine(Built, "behaviour.txt"), "other");
        FixturePackages.Describe(Built, null);
        var (second, isNew) = folder.Put(Built);

        Assert.True(isNew);
        Assert.NotEqual(first.Hash, second.Hash);
        Assert.Equal([second.Directory], Directory.GetFileSystemEntries(Drop));
        Assert.Equal("other", File.ReadAllText(Path.Combine(second.Directory, "behaviour.txt")));
    }

    [Fact]
    public void Put_AnotherRunLeftSomething_IsSweptAndReplaced()
    {
        new DropFolder(Drop).Put(Built);
        Directory.CreateDirectory(Path.Combine(Drop, ".probe-dev.0123"));
        var other = Directory.CreateDirectory(Path.Combine(Drop, "other")).FullName;

        var (drop, _) = new DropFolder(Drop).Put(Built);

        Assert.Equal([other, drop.Directory], Directory.GetFileSystemEntries(Drop).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Remove_TakesAwayItsOwnAlone()
    {
        var folder = new DropFolder(Drop);
        folder.Put(Built);
        var other = Directory.CreateDirectory(Path.Combine(Drop, "other")).FullName;

        folder.Remove();
        folder.Remove();

        Assert.Equal([other], Directory.GetFileSystemEntries(Drop));
    }

    [Fact]
    public void Put_NoManifest_SaysWhatIsMissing()
    {
        File.Delete(Path.Combine(Built, "connector.json"));

        var failure = Assert.Throws<CommandException>(() => new DropFolder(Drop).Put(Built));

        Assert.Contains("PluginRuntime.Sdk", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Drop));
    }
}
