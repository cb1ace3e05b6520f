using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Tests.Cli;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    private string Store => Path.Combine(_directory.Path, "store");

    [Fact]
    public async Task Verify_WholeStore_ListsWhatItHasAndChangesNothing()
    {
        await FillAsync();
        var before = Entries();

        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal(new CliRun(0, $"good     probe 1.0.0{Environment.NewLine}good     probe 1.1.0{Environment.NewLine}", ""), run);
        Assert.Equal(before, Entries());
    }

    [Fact]
    public async Task Verify_ChangedAssembly_Fails()
    {
        await FillAsync();
        Change(Assert.Single(Directory.GetFiles(Path.Combine(Store, "packages"), "Fixtures.Probe.dll", SearchOption.AllDirectories), IsOfOneOne));

        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal((1, "1 of 2 packages are not as stored." + Environment.NewLine), (run.ExitCode, run.Error));
        var lines = run.Output.TrimEnd().Split(Environment.NewLine);
        Assert.Equal("good     probe 1.0.0", lines[0]);
        Assert.StartsWith("CORRUPT  probe 1.1.0: ", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("records", "*.json")]
    [InlineData("packages", "connector.json")]
    public async Task Verify_ChangedRecordOrManifest_Fails(string directory, string pattern)
    {
        await FillAsync();
        Change(Assert.Single(Directory.GetFiles(Path.Combine(Store, directory), pattern, SearchOption.AllDirectories), IsOfOneOne));

        var run = await CliRun.OfAsync("verify", "--store", Store, "--json");

        Assert.Equal(1, run.ExitCode);
        var items = JsonElement.Parse(run.Output).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(2, items.Count);
        Assert.Single(items, item => item.GetProperty("problem").ValueKind == JsonValueKind.String);
    }

    [Fact]
    public async Task Verify_NoStore_Fails()
    {
        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal(new CliRun(1, "", $"{Store} is no store: there is no records directory in it.{Environment.NewLine}"), run);
        Assert.False(Directory.Exists(Store));
    }

    public void Dispose() => _directory.Dispose();

    private static bool IsOfOneOne(string path) => path.Contains("1.1.0-", StringComparison.Ordinal);

    private async Task FillAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "one", manifest => manifest["version"] = "1.0.0");
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "two", manifest => manifest["version"] = "1.1.0");
        using var store = await PackageStore.OpenAsync(Store, TimeProvider.System, NullLogger.Instance, null, CancellationToken.None);
        foreach (var package in new FolderSource(_directory.Drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan().Packages)
        {
            await store.StageAsync(package.Candidate, CancellationToken.None);
        }
    }

    private IReadOnlyList<(string Path, DateTime Written)> Entries() =>
        [.. Directory.GetFileSystemEntries(Store, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => (path, Directory.GetLastWriteTimeUtc(path)))];

    /// <summary>A file of the store is not to be written: another one takes its place.</summary>
    private static void Change(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.Delete(file);
        File.WriteAllBytes(file, bytes);
    }
}
