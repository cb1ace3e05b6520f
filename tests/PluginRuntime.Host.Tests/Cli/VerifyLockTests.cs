using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>A store with probe 1.0.0 from a source, against lock files.</summary>
public sealed class VerifyLockTests : IAsyncLifetime
{
    private const string Good = "good     probe 1.0.0";

    private static readonly string _hash = Convert.ToBase64String(new byte[64]);
    private static readonly string _otherHash = Convert.ToBase64String([.. Enumerable.Repeat((byte)1, 64)]);
    private static readonly ClosurePackage _maths = new("Maths", "1.2.0", _hash);

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    private string Store => Path.Combine(_directory.Path, "store");

    private string BesideStore => Path.Combine(_directory.Path, LockFile.Name);

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "one", manifest => manifest["version"] = "1.0.0");
        using var store = await PackageStore.OpenAsync(Store, TimeProvider.System, NullLogger.Instance, null, CancellationToken.None);
        var dropped = Assert.Single(new FolderSource(_directory.Drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan().Packages).Candidate;
        await store.StageAsync(dropped with { Origin = PackageOrigin.Feed, Provenance = new("feed", _hash, [_maths]) }, CancellationToken.None);
    }

    public Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Verify_StoreIsAsLocked_Passes()
    {
        await LockAsync(BesideStore, Entry());

        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal(new CliRun(0, $"{Good}{Environment.NewLine}locked   probe 1.0.0 for ^1.0{Environment.NewLine}", ""), run);
    }

    [Fact]
    public async Task Verify_Drift_TellsOfEach()
    {
        (LockEntry Entry, string Sentence)[] cases =
        [
            (Entry() with { Version = "1.0.1" }, "it is not in the store."),
            (Entry() with { Sha512 = _otherHash }, "the one in the store has another hash."),
            (Entry() with { Closure = [_maths with { Version = "1.3.0" }] }, "Maths 1.2.0 came with it, locked is 1.3.0."),
            (Entry() with { Closure = [_maths with { Sha512 = _otherHash }] }, "Maths 1.2.0 has another hash."),
            (Entry() with { Closure = [] }, "Maths 1.2.0 came with it and is not locked."),
            (Entry() with { Closure = [_maths, new("Words", "2.0.0", _hash)] }, "Words 2.0.0 is locked and did not come with it."),
        ];
        foreach (var (entry, sentence) in cases)
        {
            await LockAsync(BesideStore, entry);

            var run = await CliRun.OfAsync("verify", "--store", Store);

            Assert.Equal(
                new CliRun(
                    1, $"{Good}{Environment.NewLine}DRIFT    probe {entry.Version} for ^1.0: {sentence}{Environment.NewLine}",
                    "1 of 1 locked version is not in the store as locked." + Environment.NewLine),
                run);
        }
    }

    [Fact]
    public async Task Verify_NamedLockFile_IsTakenInsteadOfTheOneBesideTheStore()
    {
        var file = Path.Combine(_directory.Path, "other.json");
        await LockAsync(BesideStore, Entry());
        await LockAsync(file, Entry() with { Sha512 = _otherHash }, ("^1.1", Entry()));

        var run = await CliRun.OfAsync("verify", "--store", Store, "--lock", file, "--json");

        Assert.Equal((1, "1 of 2 locked versions are not in the store as locked." + Environment.NewLine), (run.ExitCode, run.Error));
        Assert.Equal(
            """[{"id":"probe","range":"^1.0","version":"1.0.0","problem":"the one in the store has another hash."},{"id":"probe","range":"^1.1","version":"1.0.0","problem":null}]""",
            JsonElement.Parse(run.Output).GetProperty("locked").GetRawText());
    }

    [Fact]
    public async Task Verify_NoLockFile_ComparesNothingUnlessNamed()
    {
        var run = await CliRun.OfAsync("verify", "--store", Store);
        Assert.Equal(new CliRun(0, Good + Environment.NewLine, ""), run);

        run = await CliRun.OfAsync("verify", "--store", Store, "--lock", BesideStore);
        Assert.Equal(new CliRun(1, "", $"There is no lock file {BesideStore}.{Environment.NewLine}"), run);
    }

    [Fact]
    public async Task Verify_BrokenLockFile_Fails()
    {
        await File.WriteAllTextAsync(BesideStore, "{");

        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("(lock.invalid)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_LockedCopyIsNotFromASource_IsDrift()
    {
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "two", manifest => manifest["version"] = "1.1.0");
        using (var store = await PackageStore.OpenAsync(Store, TimeProvider.System, NullLogger.Instance, null, CancellationToken.None))
        {
            var scan = new FolderSource(_directory.Drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan();
            await store.StageAsync(scan.Packages.Single(package => package.Candidate.Identity.Version.ToString() == "1.1.0").Candidate, CancellationToken.None);
        }

        await LockAsync(BesideStore, Entry() with { Version = "1.1.0" });

        var run = await CliRun.OfAsync("verify", "--store", Store);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("DRIFT    probe 1.1.0 for ^1.0: the one in the store did not come from a source.", run.Output, StringComparison.Ordinal);
    }

    private static LockEntry Entry() => new("1.0.0", "feed", _hash, [_maths]);

    private static Task LockAsync(string path, LockEntry entry, params (string Range, LockEntry Entry)[] others) =>
        LockFile.Of([("probe", "^1.0", entry), .. others.Select(other => ("probe", other.Range, other.Entry))]).WriteAsync(path, CancellationToken.None);
}
