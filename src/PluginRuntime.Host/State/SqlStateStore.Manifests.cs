using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Registered manifests in a table of their own; of a deleted one the version stays.</summary>
internal sealed partial class SqlStateStore
{
    private const string SelectManifests = "SELECT id, version, body, is_trusted AS isTrusted FROM manifest";

    // More than these are read in one statement.
    private const int FewBodies = 20;

    // A version is the same for ever, or deleted.
    private readonly ConcurrentDictionary<(string Id, string Version), byte[]> _bodies = new();

    public Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken) => ReadAsync("manifests", async connection =>
    {
        var shares = (await connection.QueryAsync<(string Connector, string Org)>("SELECT connector, org FROM connector_share ORDER BY connector, org"))
            .ToLookup(share => share.Connector, share => share.Org, StringComparer.Ordinal);
        var rows = (await connection.QueryAsync<ManifestHead>("SELECT id, version, is_trusted AS isTrusted FROM manifest")).ToList();
        var deleted = (await connection.QueryAsync<(string Id, string Version)>("SELECT id, version FROM manifest WHERE length(body) = 0")).ToHashSet();
        foreach (var gone in deleted)
        {
            _bodies.TryRemove(gone, out _);
        }

        await ReadBodiesAsync(connection, [.. rows.Where(row => !deleted.Contains((row.Id, row.Version)) && !_bodies.ContainsKey((row.Id, row.Version)))]);
        return (IReadOnlyList<StoredManifest>)
        [
            .. from row in rows
               let body = deleted.Contains((row.Id, row.Version)) ? null : _bodies.GetValueOrDefault((row.Id, row.Version))
               select new StoredManifest(row.Id, row.Version, body, row.IsTrusted != 0) { SharedWith = [.. shares[row.Id]] },
        ];
    });

    private async Task ReadBodiesAsync(DbConnection connection, IReadOnlyList<ManifestHead> missing)
    {
        if (missing.Count > FewBodies)
        {
            Keep(await connection.QueryAsync<ManifestRow>(SelectManifests));
            return;
        }

        foreach (var row in missing)
        {
            Keep(await connection.QueryAsync<ManifestRow>(SelectManifests + " WHERE id = @Id AND version = @Version", new { row.Id, row.Version }));
        }
    }

    // One that was deleted in between is not there any more.
    private void Keep(IEnumerable<ManifestRow> rows)
    {
        foreach (var row in rows.Where(row => row.Body.Length > 0))
        {
            _bodies[(row.Id, row.Version)] = row.Body;
        }
    }

    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Connector,
        added.Id,
        write,
        async (connection, transaction) =>
        {
            check([.. (await connection.QueryAsync<ManifestRow>(SelectManifests + " WHERE id = @Id", new { added.Id }, transaction)).Select(row => row.Stored)]);
            if (quotas is not null)
            {
                await quotas.CheckNamedAsync(connection, transaction, OrgQuota.Connectors, added.Id);
                await quotas.CheckManifestsAsync(connection, transaction, added.Id, added.Manifest.Length);
            }

            return await connection.ExecuteAsync(
                "INSERT INTO manifest (id, version, body, is_trusted) VALUES (@Id, @Version, @body, @isTrusted)",
                new { added.Id, added.Version, body = added.Manifest.ToArray(), isTrusted = added.IsTrusted ? 1 : 0 },
                transaction) > 0;
        },
        cancellationToken);

    public Task ShareManifestsAsync(string id, IReadOnlyCollection<string> orgs, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Connector,
        id,
        write,
        async (connection, transaction) =>
        {
            await UnshareAsync(connection, transaction, id);
            await connection.ExecuteAsync("INSERT INTO connector_share (connector, org) VALUES (@id, @org)", orgs.Select(org => new { id, org }), transaction);
            return true;
        },
        cancellationToken);

    public Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Connector,
        id,
        write,
        async (connection, transaction) =>
        {
            await UnshareAsync(connection, transaction, id);
            return await connection.ExecuteAsync("UPDATE manifest SET body = @nothing WHERE id = @id", new { id, nothing = Array.Empty<byte>() }, transaction) > 0;
        },
        cancellationToken);

    private static Task<int> UnshareAsync(DbConnection connection, DbTransaction transaction, string id) =>
        connection.ExecuteAsync("DELETE FROM connector_share WHERE connector = @id", new { id }, transaction);

    private sealed record ManifestHead(string Id, string Version, long IsTrusted);

    private sealed record ManifestRow(string Id, string Version, byte[] Body, long IsTrusted)
    {
        internal StoredManifest Stored => new(Id, Version, Body, IsTrusted != 0);
    }
}
