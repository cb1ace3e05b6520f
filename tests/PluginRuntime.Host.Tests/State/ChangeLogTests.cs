extern alias host;

using Dapper;
using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using SqlStateStore = host::PluginRuntime.Host.State.SqlStateStore;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class ChangeLogTests(PostgresShared shared)
{
    private static readonly StoredDefinition _some = new(1, "{}"u8.ToArray(), false);

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task ReadChanges_OfTwoHosts_HasThemInOrderAndSaysWhose(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var one = await place.StoreAsync(database);
        var two = await place.StoreAsync(database, "two");
        Assert.Equal((0, false), await SeenAsync(one, 0));
        await one.SaveDefinitionAsync("a", _some, new(Event: new(0, default, "instance.configured", "a", null, null, null, "It was defined.", new Dictionary<string, string>())), CancellationToken.None);
        await two.SaveVersionsAsync("a", _ => VersionState.Empty, CancellationToken.None);
        await two.SaveTokensAsync("key", "secret"u8.ToArray(), StateWrite.Plain, CancellationToken.None);
        await one.SaveDefinitionAsync("b", _some, StateWrite.Plain, CancellationToken.None);
        await one.SaveDefinitionAsync("b", null, StateWrite.Plain, CancellationToken.None);

        var changes = await one.ReadChangesAsync(0, CancellationToken.None);

        Assert.Equal(
            [(1, StateSubject.Instance, "a", true), (2, StateSubject.Versions, "a", false), (3, StateSubject.Tokens, "key", false), (4, StateSubject.Instance, "b", true), (5, StateSubject.Instance, "b", true)],
            changes.Changes.Select(change => (change.Revision, change.Subject, change.Name, change.IsOwn)));
        Assert.Equal("It was defined.", changes.Changes[0].Event?.Detail);
        Assert.Equal((5, false, "a", "a", "key"), (changes.Revision, changes.IsWhole, Assert.Single(changes.State.Definitions).Key, Assert.Single(changes.State.Versions).Key, Assert.Single(changes.State.Tokens).Key));
        Assert.Equal(["b"], (await one.ReadChangesAsync(3, CancellationToken.None)).Changes.Select(change => change.Name).Distinct());
        Assert.Equal((5, false), await SeenAsync(one, 5));
        Assert.Equal(5, (await two.LoadAsync(CancellationToken.None)).Revision);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task ReadChanges_WhatCameAfterIsNotKept_GivesEverything(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        foreach (var name in (string[])["a", "b", "c"])
        {
            await store.SaveDefinitionAsync(name, _some, StateWrite.Plain, CancellationToken.None);
        }

        await database.RunAsync("saved", connection => connection.ExecuteAsync("DELETE FROM change WHERE revision < 3"));

        Assert.Equal((3, true), await SeenAsync(store, 1));
        Assert.Equal((3, true), await SeenAsync(store, 0));
        Assert.Equal((3, false), await SeenAsync(store, 3));
        Assert.Equal((3, true), await SeenAsync(store, 9));
        Assert.Equal(["a", "b", "c"], (await store.ReadChangesAsync(1, CancellationToken.None)).State.Definitions.Keys.Order());
        await Assert.ThrowsAsync<StateConflictException>(() => store.SaveDefinitionAsync("a", null, new(Known: 1), CancellationToken.None));
        await store.SaveDefinitionAsync("a", null, new(Known: 3), CancellationToken.None);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Save_BasedOnSomethingOlder_IsAConflictAndChangesNothing(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await store.SaveDefinitionAsync("a", _some, new(Known: 0), CancellationToken.None);
        await store.SaveDefinitionAsync("b", _some, new(Known: 0), CancellationToken.None);

        await Assert.ThrowsAsync<StateConflictException>(() => store.SaveDefinitionAsync("a", null, new(Known: 0), CancellationToken.None));

        Assert.Equal(["a", "b"], (await store.LoadAsync(CancellationToken.None)).Definitions.Keys.Order());
        Assert.Equal((2, false), await SeenAsync(store, 2));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task SaveVersions_ByHostsAtOnce_LosesNoDecisionAndTellsNoNewsTwice(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var stores = await StoresAsync(place, database);
        var entries = Enumerable.Range(0, 20).Select(number => new QuarantineEntry(
            new("p", Versioning.SemanticVersion.Parse($"1.{number}.0"), number.ToString("x64", null)), "some.code", "Some detail.", DateTimeOffset.UnixEpoch)).ToList();

        await Task.WhenAll(entries.Select((entry, i) => Task.Run(() => stores[i % 4].SaveVersionsAsync(
            "a", versions => versions with { Quarantine = [.. versions.Quarantine.Where(other => other.Package != entry.Package), entry] }, CancellationToken.None))));

        var stored = (await stores[0].LoadAsync(CancellationToken.None)).Versions["a"];
        Assert.Equal(entries, stored.Quarantine.OrderBy(entry => entry.Package.Version));
        Assert.Equal((stored.Quarantine.Count, 20L), await SameAsync(stores[1]));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task ReadChanges_WhileOthersWrite_MissesNone(StateKind kind)
    {
        const int Each = 50;
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        await using var other = await place.OpenAsync();
        var stores = await StoresAsync(place, database);
        var reader = await place.StoreAsync(other, "reader");
        var writing = stores.Select((store, i) => Task.Run(async () =>
        {
            for (var number = 0; number < Each; number++)
            {
                await store.SaveDefinitionAsync($"{i}-{number}", _some, StateWrite.Plain, CancellationToken.None);
            }
        })).ToList();

        var (known, seen, defined) = (0L, new List<long>(), new HashSet<string>());
        while (known < stores.Count * Each)
        {
            var changes = await reader.ReadChangesAsync(known, CancellationToken.None);
            seen.AddRange(changes.Changes.Select(change => change.Revision));
            defined.UnionWith(changes.State.Definitions.Keys);
            known = changes.Revision;
        }

        await Task.WhenAll(writing);
        Assert.Equal(Enumerable.Range(1, stores.Count * Each).Select(revision => (long)revision), seen);
        Assert.Equal(stores.Count * Each, defined.Count);
    }

    private static async Task<IReadOnlyList<SqlStateStore>> StoresAsync(StatePlace place, StateDatabase database)
    {
        var stores = new List<SqlStateStore>();
        for (var number = 0; number < 4; number++)
        {
            stores.Add(await place.StoreAsync(database, $"host-{number}"));
        }

        return stores;
    }

    private static async Task<(int Entries, long Revision)> SameAsync(SqlStateStore store)
    {
        var (versions, revision) = await store.SaveVersionsAsync("a", versions => versions, CancellationToken.None);
        return (versions.Quarantine.Count, revision);
    }

    private static async Task<(long Revision, bool IsWhole)> SeenAsync(SqlStateStore store, long after)
    {
        var changes = await store.ReadChangesAsync(after, CancellationToken.None);
        Assert.Equal(changes.IsWhole, changes.Changes.Count == 0 && changes.State.Definitions.Count > 0);
        return (changes.Revision, changes.IsWhole);
    }
}
