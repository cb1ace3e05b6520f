using System.Text;
using Dapper;
using PluginRuntime.Host.Authorizations;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Authorizations;

[Collection(PostgresShared.Name)]
public sealed class AuthorizationStoreTests(PostgresShared shared)
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(1);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Take_UntilItIsOver_GivesItOnce(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).AuthorizationStore(_time);
        await store.AddAsync("one", Pending());
        await store.AddAsync("two", Pending());

        _time.Advance(AuthorizationFlow.Longest - _tick);
        Assert.Null(await store.TakeAsync("none", _ => true));
        Assert.Null(await store.TakeAsync("one", _ => false));
        Assert.Equal(0, await store.PurgeAsync());
        Assert.Equal(Pending().Verifier, (await store.TakeAsync("one", _ => true))!.Verifier);
        Assert.Null(await store.TakeAsync("one", _ => true));

        _time.Advance(_tick);
        Assert.Null(await store.TakeAsync("two", _ => true));
        Assert.Equal(1, await store.PurgeAsync());
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Take_ByManyAtOnce_OneGetsIt(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        await using var other = await place.OpenAsync();
        AuthorizationStore[] stores = [(await place.StoreAsync(database)).AuthorizationStore(_time), (await place.StoreAsync(other)).AuthorizationStore(_time)];
        for (var round = 0; round < 10; round++)
        {
            await stores[0].AddAsync($"state {round}", Pending());

            var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(taker => Task.Run(() => stores[taker % 2].TakeAsync($"state {round}", _ => true))));

            Assert.Single(taken, pending => pending is not null);
        }
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Add_MoreThanAKeyMayHave_TheOldestGo(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).AuthorizationStore(_time);
        await store.AddAsync("another's", Pending() with { Key = "another" });
        for (var i = 0; i <= AuthorizationStore.KeptAKey; i++)
        {
            await store.AddAsync($"state {i}", Pending());
            _time.Advance(_tick);
        }

        Assert.Null(await store.TakeAsync("state 0", _ => true));
        Assert.NotNull(await store.TakeAsync("state 1", _ => true));
        Assert.NotNull(await store.TakeAsync("another's", _ => true));
    }

    /// <summary>Who reads the database learns neither states nor verifiers, and who writes to it cannot put one in the place of another.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Rows_AreSealedEachForItself(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).AuthorizationStore(_time);
        await store.AddAsync("canary-one", Pending());
        await store.AddAsync("canary-two", Pending());
        var rows = (await database.RunAsync("read", connection => connection.QueryAsync<(string State, string Key, byte[] Body)>("SELECT state, begun_by, body FROM pending_authorization"))).ToList();

        Assert.All(rows, row => Assert.DoesNotContain("canary", row.State + row.Key + Encoding.Latin1.GetString(row.Body), StringComparison.Ordinal));

        await database.RunAsync("saved", connection => connection.ExecuteAsync("UPDATE pending_authorization SET body = @Body WHERE state <> @State", new { rows[0].Body, rows[0].State }));
        var moved = PendingAuthorization.HashOf("canary-one") == rows[0].State ? "canary-two" : "canary-one";
        await Assert.ThrowsAsync<StateException>(() => store.TakeAsync(moved, _ => true));
    }

    private PendingAuthorization Pending() =>
        new("acme/crm", "1", "3f0c9a2e51b7d846", "http://127.0.0.1:1/callback", "canary-verifier", _time.GetUtcNow() + AuthorizationFlow.Longest);
}
