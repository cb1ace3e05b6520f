using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.State;

public sealed class FileStateStoreEventTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string EventsFile => Path.Combine(_directory, "events.jsonl");

    [Fact]
    public async Task Append_ThenLoadByAnother_FindsThemInOrder()
    {
        using (var store = await OpenAsync(10))
        {
            await store.ReserveEventsAsync(500, CancellationToken.None);
            await store.AppendEventsAsync([Event(1), Event(2)], CancellationToken.None);
            await store.AppendEventsAsync([Event(7)], CancellationToken.None);
        }

        using var again = new FileStateStore(_directory);
        await again.LoadAsync(CancellationToken.None);
        var stored = await again.LoadEventsAsync(10, CancellationToken.None);

        Assert.Equal((500, 0), (stored.HighWater, stored.Forgotten));
        Assert.Equal([1, 2, 7], stored.Events.Select(found => found.Sequence));
        var second = stored.Events[1];
        Assert.Equal(("an\ninstance", "a.code", "detail 2", "to"), (second.Instance, second.Code, second.Detail, second.Data["from"]));
    }

    [Fact]
    public async Task Append_AfterALineWasCutOff_StartsAWholeOne()
    {
        using (var store = await OpenAsync(10))
        {
            await store.AppendEventsAsync([Event(1), Event(2)], CancellationToken.None);
        }

        await File.AppendAllTextAsync(EventsFile, """{"sequence":3,"ti""");
        using (var store = await OpenAsync(10))
        {
            await store.AppendEventsAsync([Event(4)], CancellationToken.None);
        }

        using var again = new FileStateStore(_directory);
        Assert.Equal([1, 2, 4], (await again.LoadEventsAsync(10, CancellationToken.None)).Events.Select(found => found.Sequence));
    }

    [Fact]
    public async Task Append_MoreThanIsRead_KeepsTheNewest()
    {
        using (var store = await OpenAsync(5))
        {
            for (var i = 1; i <= 23; i++)
            {
                await store.AppendEventsAsync([Event(i)], CancellationToken.None);
            }
        }

        Assert.InRange((await File.ReadAllLinesAsync(EventsFile)).Length, 5, 10);
        using var again = new FileStateStore(_directory);
        var stored = await again.LoadEventsAsync(5, CancellationToken.None);
        Assert.Equal([19, 20, 21, 22, 23], stored.Events.Select(found => found.Sequence));
        Assert.Equal(18, stored.Forgotten);
    }

    private async Task<FileStateStore> OpenAsync(int newest)
    {
        var store = new FileStateStore(_directory);
        await store.LoadAsync(CancellationToken.None);
        await store.LoadEventsAsync(newest, CancellationToken.None);
        return store;
    }

    private static RuntimeEvent Event(long sequence) =>
        new(
            sequence, DateTimeOffset.UnixEpoch, EventTypes.StateChanged, "an\ninstance", "c", "1.0.0", "a.code",
            FormattableString.Invariant($"detail {sequence}"), new Dictionary<string, string> { ["from"] = "to" });
}
