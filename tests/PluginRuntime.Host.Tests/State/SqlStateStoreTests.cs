using System.Text;
using Dapper;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Tests.Running;
using PluginRuntime.Versioning;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class SqlStateStoreTests(PostgresShared shared)
{
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Save_ThenLoadByAnother_FindsIt(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        var package = new PackageIdentity("demo", SemanticVersion.Parse("1.0.0"), new string('a', 64));
        var versions = new VersionState { Current = package, Quarantine = [new(package, "load.hook-threw", "why", DateTimeOffset.UnixEpoch)] };
        await using (var database = await place.OpenAsync())
        {
            var store = await place.StoreAsync(database);
            await store.SaveDefinitionAsync("one", new(2, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);
            await store.SaveDefinitionAsync("one", new(3, Encoding.UTF8.GetBytes("""{"connector":"demo"}"""), true), StateWrite.Plain, CancellationToken.None);
            await store.SaveDefinitionAsync("two", new(1, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);
            await store.SaveDefinitionAsync("two", null, StateWrite.Plain, CancellationToken.None);
            await store.SaveVersionsAsync("two", _ => VersionState.Empty, CancellationToken.None);
            await store.SaveVersionsAsync("two", null, CancellationToken.None);
            await store.SaveVersionsAsync("one", _ => VersionState.Empty, CancellationToken.None);
            await store.SaveVersionsAsync("one", _ => versions, CancellationToken.None);
        }

        await using var again = await place.OpenAsync();
        var loaded = await (await place.StoreAsync(again)).LoadAsync(CancellationToken.None);

        var (name, definition) = Assert.Single(loaded.Definitions);
        Assert.Equal(("one", 3, true), (name, definition.Revision, definition.IsTrusted));
        Assert.Equal("""{"connector":"demo"}""", Encoding.UTF8.GetString(definition.Config.Span));
        Assert.Equal(VersionStateJson.Write(versions), VersionStateJson.Write(Assert.Single(loaded.Versions).Value));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task SaveTokens_ThenLoadByAnother_FindsThemAndADeletedOneNot(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using (var database = await place.OpenAsync())
        {
            var store = await place.StoreAsync(database);
            await store.SaveTokensAsync("instance.a", "before"u8.ToArray(), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.a", "after"u8.ToArray(), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.b", "gone"u8.ToArray(), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.b", null, StateWrite.Plain, CancellationToken.None);
        }

        await using var again = await place.OpenAsync();
        var (key, tokens) = Assert.Single((await (await place.StoreAsync(again)).LoadAsync(CancellationToken.None)).Tokens);
        Assert.Equal(("instance.a", "after"), (key, Encoding.UTF8.GetString(tokens.Span)));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task DecideDemo_Twice_IsDecided(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);

        Assert.False(await store.IsDemoDecidedAsync());
        await store.DecideDemoAsync();
        await store.DecideDemoAsync();
        Assert.True(await store.IsDemoDecidedAsync());
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task KeyHash_FirstOneStaysUntilReplaced(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();

        Assert.Null(await database.ReadKeyHashAsync());
        Assert.True(await database.TryAddKeyHashAsync([1]));
        Assert.False(await database.TryAddKeyHashAsync([2]));
        Assert.Equal([1], await database.ReadKeyHashAsync());
        await database.WriteKeyHashAsync([3]);
        Assert.Equal([3], await database.ReadKeyHashAsync());
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Seal_AnotherKeyThanTheFirst_IsRefused(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        await place.StoreAsync(database);
        await File.WriteAllTextAsync(place.KeyFile, Convert.ToBase64String(new byte[32]));

        var failure = await Assert.ThrowsAsync<SealException>(() => place.StoreAsync(database));

        Assert.Equal("seal.key-missing", failure.Code);
        Assert.Contains(database.Name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Load_NoJson_SaysWhere(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await database.RunAsync("saved", connection => connection.ExecuteAsync("INSERT INTO instance_versions (name, versions) VALUES ('x', @bad)", new { bad = "x"u8.ToArray() }));

        var failure = await Assert.ThrowsAsync<StateException>(() => store.LoadAsync(CancellationToken.None));

        Assert.StartsWith($"The state in {database.Name} cannot be read: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Save_FileLockedByAnother_FailsAndChangesNothing()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Sqlite, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await store.SaveDefinitionAsync("one", new(1, "{}"u8.ToArray(), true), StateWrite.Plain, CancellationToken.None);
        await using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={place.Directory}/state.db;Pooling=False"))
        {
            await other.OpenAsync();
            await using var transaction = other.BeginTransaction(deferred: false);

            var failure = await Assert.ThrowsAsync<StateException>(() => store.SaveDefinitionAsync("one", null, StateWrite.Plain, CancellationToken.None));

            Assert.Equal("state.failed", failure.Code);
            Assert.True(failure.IsTransient);
        }

        Assert.Single((await store.LoadAsync(CancellationToken.None)).Definitions);
        await store.SaveDefinitionAsync("one", null, StateWrite.Plain, CancellationToken.None);
        Assert.Empty((await store.LoadAsync(CancellationToken.None)).Definitions);
    }
}
