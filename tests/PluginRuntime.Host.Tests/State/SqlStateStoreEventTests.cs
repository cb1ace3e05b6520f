using PluginRuntime.Diagnostics;
using PluginRuntime.Host.State;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class SqlStateStoreEventTests(PostgresShared shared)
{
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Append_ThenLoadByAnother_FindsTheNewest(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using (var database = await place.OpenAsync())
        {
            var store = await place.StoreAsync(database);
            Assert.Equal((0, 0, 0), await LoadAsync(store, 10));
            await store.ReserveEventsAsync(5000, CancellationToken.None);
            await store.AppendEventsAsync([Event(1), Event(2)], CancellationToken.None);

            // Again, as after an append whose end was not seen.
            await store.AppendEventsAsync([Event(2), Event(3)], CancellationToken.None);
            await store.ReserveEventsAsync(3, CancellationToken.None);
        }

        await using var again = await place.OpenAsync();
        var stored = await (await place.StoreAsync(again)).LoadEventsAsync(2, CancellationToken.None);
        Assert.Equal((3, 1), (stored.HighWater, stored.Forgotten));
        Assert.Equal([2, 3], stored.Events.Select(found => found.Sequence));
        Assert.Equal(("why", "v"), (stored.Events[0].Detail, stored.Events[0].Data["k"]));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Append_ManyMoreThanAreRead_DeletesTheOldest(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await store.LoadEventsAsync(100, CancellationToken.None);
        for (var i = 0; i < 25; i++)
        {
            await store.AppendEventsAsync([.. Enumerable.Range((i * 100) + 1, 100).Select(sequence => Event(sequence))], CancellationToken.None);
        }

        Assert.Equal((0, 2400, 100), await LoadAsync(store, 100));
        Assert.InRange((await store.LoadEventsAsync(int.MaxValue, CancellationToken.None)).Events.Count, 100, 1100);
    }

    private static async Task<(long HighWater, long Forgotten, int Count)> LoadAsync(SqlStateStore store, int newest)
    {
        var stored = await store.LoadEventsAsync(newest, CancellationToken.None);
        return (stored.HighWater, stored.Forgotten, stored.Events.Count);
    }

    private static RuntimeEvent Event(long sequence) =>
        new(sequence, DateTimeOffset.UnixEpoch, EventTypes.Baked, null, null, null, null, "why", new Dictionary<string, string> { ["k"] = "v" });
}
