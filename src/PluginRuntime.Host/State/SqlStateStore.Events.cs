using Dapper;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Events in tables of their own; those that no start would read are deleted now and then.</summary>
internal sealed partial class SqlStateStore
{
    private const int TrimEvery = 1000;

    private long _newest = EventTrail.Kept;
    private int _sinceTrim;

    public Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken) => ReadAsync("events", async connection =>
    {
        _newest = newest;
        var events = (await connection.QueryAsync<byte[]>("SELECT body FROM event ORDER BY sequence DESC LIMIT @newest", new { newest }))
            .Select(body => EventJson.Read(body)).Reverse().ToList();
        return new StoredEvents(
            await connection.ExecuteScalarAsync<long?>("SELECT high_water FROM event_mark") ?? 0,
            events.Count < newest ? 0 : events[0].Sequence - 1,
            events);
    });

    public Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken) => SaveAsync(
        "INSERT INTO event_mark (id, high_water) VALUES (1, @highWater) ON CONFLICT (id) DO UPDATE SET high_water = excluded.high_water",
        new { highWater },
        cancellationToken);

    public Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync(
                "INSERT INTO event (sequence, body) VALUES (@Sequence, @body) ON CONFLICT DO NOTHING",
                events.Select(added => new { added.Sequence, body = EventJson.Write(added) }),
                transaction);
            if (_sinceTrim + events.Count >= TrimEvery)
            {
                await connection.ExecuteAsync(
                    "DELETE FROM event WHERE sequence <= (SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET @newest)",
                    new { newest = _newest },
                    transaction);
            }

            await transaction.CommitAsync();
            _sinceTrim = _sinceTrim + events.Count >= TrimEvery ? 0 : _sinceTrim + events.Count;
            return events.Count;
        });
    }
}
