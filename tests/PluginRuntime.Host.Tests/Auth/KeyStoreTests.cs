extern alias host;

using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using KeyText = host::PluginRuntime.Host.Auth.KeyText;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.Auth;

[Collection(PostgresShared.Name)]
public sealed class KeyStoreTests(PostgresShared shared)
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Add_ThenFind_TellsAllOfIt(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = new KeyStore(database);
        var (text, now) = (KeyText.Create(), _time.GetUtcNow());
        var made = new ApiKey(ApiKey.NewId(), Orgs.Default, "made", Scopes.Read | Scopes.Invoke, now, now.AddYears(100), null, null);
        Assert.Null(await store.FindAsync(KeyText.Hash(text)));

        Assert.True(await store.TryAddAsync(made, KeyText.Hash(text)));
        Assert.False(await store.TryAddAsync(made with { Id = ApiKey.NewId(), Org = "absent" }, KeyText.Hash(KeyText.Create())));

        Assert.Equal(made, await store.FindAsync(KeyText.Hash(text)));
        Assert.Null(await store.FindAsync(KeyText.Hash(KeyText.Create())));
        await store.RevokeAsync(made.Id, now.AddHours(1));
        await store.RevokeAsync(made.Id, now.AddHours(2));
        Assert.Equal(made with { Revoked = now.AddHours(1) }, Assert.Single(await store.KeysOfAsync(Orgs.Default)));
        Assert.Empty(await store.KeysOfAsync("absent"));

        var admin = KeyText.Create();
        await database.WriteKeyHashAsync(KeyText.Hash(admin));
        Assert.Same(ApiKey.OfHost, await store.FindAsync(KeyText.Hash(admin)));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Uses_AreSavedWhenAsked_TheNewestWins(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = new KeyStore(database);
        var made = await AddAsync(store, Orgs.Default);
        using var uses = new KeyUses(store, _time, NullLogger<KeyUses>.Instance);

        uses.Note(made);
        Assert.Null(await LastUseAsync(store));
        await uses.SaveAsync();
        await store.SaveUsesAsync(new Dictionary<string, DateTimeOffset> { [made.Id] = _time.GetUtcNow().AddHours(-1) });

        Assert.Equal(_time.GetUtcNow(), await LastUseAsync(store));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Uses_DatabaseFails_AreKept(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = new KeyStore(database);
        var made = await AddAsync(store, Orgs.Default);
        using var uses = new KeyUses(store, _time, NullLogger<KeyUses>.Instance);
        uses.Note(made);

        await SqlAsync(database, "ALTER TABLE api_key RENAME TO away");
        await uses.SaveAsync();
        await SqlAsync(database, "ALTER TABLE away RENAME TO api_key");
        Assert.Null(await LastUseAsync(store));
        await uses.SaveAsync();

        Assert.NotNull(await LastUseAsync(store));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task RemoveOrg_OwnsSomething_Stays(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = new KeyStore(database);
        var acme = new Org("acme", _time.GetUtcNow());
        Assert.True(await store.TryAddAsync(acme));
        Assert.False(await store.TryAddAsync(acme));
        Assert.Equal(["acme", "default"], (await store.OrgsAsync()).Select(org => org.Name).Order());
        Assert.Equal(acme, await store.FindOrgAsync("acme"));
        var made = await AddAsync(store, "acme");
        Assert.False(await store.TryRemoveOrgAsync("acme", _time.GetUtcNow()));
        await store.RevokeAsync(made.Id, _time.GetUtcNow());
        await (await place.StoreAsync(database)).SaveDefinitionAsync("acme/orders", new(1, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);
        Assert.False(await store.TryRemoveOrgAsync("acme", _time.GetUtcNow()));
        Assert.Single(await store.KeysOfAsync("acme"));
        await SqlAsync(database, "DELETE FROM instance");

        Assert.True(await store.TryRemoveOrgAsync("acme", _time.GetUtcNow()));

        Assert.Null(await store.FindOrgAsync("acme"));
        Assert.False(await store.TryAddAsync(made with { Id = ApiKey.NewId() }, KeyText.Hash(KeyText.Create())));
    }

    private static Task SqlAsync(StateDatabase database, string statement) => database.RunAsync("saved", connection => connection.ExecuteAsync(statement));

    private static async Task<DateTimeOffset?> LastUseAsync(KeyStore store) => Assert.Single(await store.KeysOfAsync(Orgs.Default)).LastUsed;

    private async Task<ApiKey> AddAsync(KeyStore store, string org)
    {
        var key = new ApiKey(ApiKey.NewId(), org, "made", Scopes.Read, _time.GetUtcNow(), null, null, null);
        Assert.True(await store.TryAddAsync(key, KeyText.Hash(KeyText.Create())));
        return key;
    }
}
