extern alias host;

using System.Text;
using PluginRuntime.Host.State;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

public sealed class SqliteStateStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("state-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Save_ThenLoadByAnother_FindsIt()
    {
        var package = new PackageIdentity("demo", SemanticVersion.Parse("1.0.0"), new string('a', 64));
        var versions = new VersionState { Current = package, Quarantine = [new(package, "load.hook-threw", "why", DateTimeOffset.UnixEpoch)] };
        using (var database = Open())
        {
            var store = new SqliteStateStore(database, Seal(database));
            await store.SaveDefinitionAsync("one", new(3, Encoding.UTF8.GetBytes("""{"connector":"demo"}"""), true), CancellationToken.None);
            await store.SaveDefinitionAsync("two", new(1, "{}"u8.ToArray(), false), CancellationToken.None);
            await store.SaveDefinitionAsync("two", null, CancellationToken.None);
            await store.SaveVersionsAsync("one", versions, CancellationToken.None);
        }

        using var again = Open();
        var loaded = await new SqliteStateStore(again, Seal(again)).LoadAsync(CancellationToken.None);

        var (name, definition) = Assert.Single(loaded.Definitions);
        Assert.Equal(("one", 3, true), (name, definition.Revision, definition.IsTrusted));
        Assert.Equal("""{"connector":"demo"}""", Encoding.UTF8.GetString(definition.Config.Span));
        Assert.Equal(VersionStateJson.Write(versions), VersionStateJson.Write(loaded.Versions["one"]));
    }

    [Fact]
    public async Task Save_DatabaseLockedByAnother_FailsAndChangesNothing()
    {
        using var database = Open();
        var store = new SqliteStateStore(database, Seal(database));
        await store.SaveDefinitionAsync("one", new(1, "{}"u8.ToArray(), true), CancellationToken.None);
        await using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory}/state.db;Pooling=False"))
        {
            await other.OpenAsync();
            await using var transaction = other.BeginTransaction(deferred: false);

            var failure = await Assert.ThrowsAsync<StateException>(() => store.SaveDefinitionAsync("one", null, CancellationToken.None));

            Assert.Equal("state.failed", failure.Code);
            Assert.True(failure.IsTransient);
        }

        Assert.Single((await store.LoadAsync(CancellationToken.None)).Definitions);
        await store.SaveDefinitionAsync("one", null, CancellationToken.None);
        Assert.Empty((await store.LoadAsync(CancellationToken.None)).Definitions);
    }

    private StateSeal Seal(StateDatabase database) => StateSealing.Open(database, Path.Combine(_directory, "seal.key"));

    private StateDatabase Open() => StateDatabase.Open(Path.Combine(_directory, "state.db"));
}
