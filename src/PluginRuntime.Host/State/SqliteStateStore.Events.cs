using System.Text.Json;
using Dapper;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Events in tables of their own; those that no start would read are deleted now and then.</summary>
internal sealed partial class SqliteStateStore
{
    private const int TrimEvery = 1000;

    private long _newest = EventTrail.Kept;
    private int _sinceTrim;

    public Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken) => Task.FromResult(database.Run("read", connection =>
    {
        try
        {
            _newest = newest;
            var events = connection.Query<byte[]>("SELECT body FROM event ORDER BY sequence DESC LIMIT @newest", new { newest })
                .Select(body => EventJson.Read(body)).Reverse().ToList();
            return new StoredEvents(
                connection.ExecuteScalar<long?>("SELECT high_water FROM event_mark") ?? 0,
                events.Count < newest ? 0 : events[0].Sequence - 1,
                events);
        }
        catch (JsonException exception)
        {
            throw new StateException($"The events in {connection.DataSource} cannot be read: {exception.Message}", exception);
        }
    }));

    public Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection => connection.Execute(
            "INSERT INTO event_mark (id, high_water) VALUES (1, @highWater) ON CONFLICT (id) DO UPDATE SET high_water = excluded.high_water",
            new { highWater }));
        return Task.CompletedTask;
    }

    public Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            connection.Execute(
                "INSERT OR IGNORE INTO event (sequence, body) VALUES (@Sequence, @body)",
                events.Select(added => new { added.Sequence, body = EventJson.Write(added) }),
                transaction);
            if (_sinceTrim + events.Count >= TrimEvery)
            {
                connection.Execute(
                    "DELETE FROM event WHERE sequence <= (SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET @_newest)",
                    new { _newest },
                    transaction);
            }

            transaction.Commit();
            _sinceTrim = _sinceTrim + events.Count >= TrimEvery ? 0 : _sinceTrim + events.Count;
            return events.Count;
        });
        return Task.CompletedTask;
    }
}
