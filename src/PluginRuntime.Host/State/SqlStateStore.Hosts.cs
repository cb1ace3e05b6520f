using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>The hosts that live, by the clock of the database; and the leases that they have, each for as long as its host lives.</summary>
internal sealed partial class SqlStateStore
{
    private static readonly TimeSpan _forgotten = TimeSpan.FromDays(1);

    public bool IsShared => host.Length > 0;

    public Task<LiveHosts> BeatAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection =>
        {
            await connection.ExecuteAsync(
                $"""
                INSERT INTO host (name, seen) VALUES (@host, {database.Now}) ON CONFLICT (name) DO UPDATE SET seen = excluded.seen;
                DELETE FROM host WHERE seen < {database.Now} - @forgotten
                """,
                new { host, forgotten = (long)_forgotten.TotalMilliseconds });
            var live = (await connection.QueryAsync<string>(
                $"SELECT name FROM host WHERE seen >= {database.Now} - @lifetime", new { lifetime = Lifetime })).Order(StringComparer.Ordinal).ToList();
            return new LiveHosts(live.Count, live.IndexOf(host));
        });
    }

    public Task<bool> TryLeaseAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection => await connection.ExecuteAsync(
            $"""
            INSERT INTO lease (name, host) VALUES (@name, @host)
            ON CONFLICT (name) DO UPDATE SET host = excluded.host
                WHERE lease.host = excluded.host
                    OR NOT EXISTS (SELECT 1 FROM host WHERE host.name = lease.host AND host.seen >= {database.Now} - @lifetime)
            """,
            new { name, host, lifetime = Lifetime }) > 0);
    }

    public Task ReleaseAsync(string name, CancellationToken cancellationToken) =>
        SaveAsync("DELETE FROM lease WHERE name = @name AND host = @host", new { name, host }, cancellationToken);

    public Task LeaveAsync(CancellationToken cancellationToken) =>
        SaveAsync("DELETE FROM lease WHERE host = @host; DELETE FROM host WHERE name = @host", new { host }, cancellationToken);

    private static long Lifetime => (long)Membership.Lifetime.TotalMilliseconds;
}
