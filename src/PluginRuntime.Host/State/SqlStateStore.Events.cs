using Dapper;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>The events of this host, each with its number among them; those that no start would read are deleted now and then.</summary>
internal sealed partial class SqlStateStore
{
    private const int TrimEvery = 1000;

    private long _newest = EventTrail.Kept;
    private int _sinceTrim;

    public Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken) => ReadAsync("events", async connection =>
    {
        _newest = newest;
        var events = (await connection.QueryAsync<byte[]>("SELECT body FROM host_event WHERE host = @host ORDER BY sequence DESC LIMIT @newest", new { host, newest }))
            .Select(body => EventJson.Read(body)).Reverse().ToList();
        var mark = await connection.QuerySingleOrDefaultAsync<MarkRow>("SELECT high_water AS highWater, told FROM host_event_mark WHERE host = @host", new { host });
        return new StoredEvents(mark?.HighWater ?? 0, events.Count < newest ? 0 : events[0].Sequence - 1, events) { Told = mark?.Told };
    });

    // What was told is known from the first start on: nothing of what was before it is told.
    public Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken) => SaveAsync(
        """
        INSERT INTO host_event_mark (host, high_water, told) VALUES (@host, @highWater, (SELECT coalesce(max(revision), 0) FROM change))
        ON CONFLICT (host) DO UPDATE SET high_water = excluded.high_water, told = coalesce(host_event_mark.told, excluded.told)
        """,
        new { host, highWater },
        cancellationToken);

    public Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync(
                "INSERT INTO host_event (host, sequence, body) VALUES (@host, @Sequence, @body) ON CONFLICT DO NOTHING",
                events.Select(added => new { host, added.Sequence, body = EventJson.Write(added) }),
                transaction);
            if (events.Max(added => added.Change) is { } told)
            {
                await connection.ExecuteAsync("UPDATE host_event_mark SET told = @told WHERE host = @host", new { host, told }, transaction);
            }

            if (_sinceTrim + events.Count >= TrimEvery)
            {
                await connection.ExecuteAsync(
                    """
                    DELETE FROM host_event WHERE host = @host
                        AND sequence <= (SELECT sequence FROM host_event WHERE host = @host ORDER BY sequence DESC LIMIT 1 OFFSET @newest)
                    """,
                    new { host, newest = _newest },
                    transaction);
            }

            await transaction.CommitAsync();
            _sinceTrim = _sinceTrim + events.Count >= TrimEvery ? 0 : _sinceTrim + events.Count;
            return events.Count;
        });
    }

    private sealed record MarkRow(long HighWater, long? Told);
}
