using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Registered manifests in a table of their own; of a deleted one the version stays.</summary>
internal sealed partial class SqlStateStore
{
    private const string SelectManifests = "SELECT id, version, body, is_trusted AS isTrusted FROM manifest";

    public Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken) => ReadAsync(
        "manifests", async connection => (IReadOnlyList<StoredManifest>)[.. (await connection.QueryAsync<ManifestRow>(SelectManifests)).Select(row => row.Stored)]);

    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Connector,
        added.Id,
        write,
        async (connection, transaction) =>
        {
            check([.. (await connection.QueryAsync<ManifestRow>(SelectManifests + " WHERE id = @Id", new { added.Id }, transaction)).Select(row => row.Stored)]);
            return await connection.ExecuteAsync(
                "INSERT INTO manifest (id, version, body, is_trusted) VALUES (@Id, @Version, @body, @isTrusted)",
                new { added.Id, added.Version, body = added.Manifest.ToArray(), isTrusted = added.IsTrusted ? 1 : 0 },
                transaction) > 0;
        },
        cancellationToken);

    public Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Connector,
        id,
        write,
        async (connection, transaction) =>
            await connection.ExecuteAsync("UPDATE manifest SET body = @nothing WHERE id = @id", new { id, nothing = Array.Empty<byte>() }, transaction) > 0,
        cancellationToken);

    private sealed record ManifestRow(string Id, string Version, byte[] Body, long IsTrusted)
    {
        internal StoredManifest Stored => new(Id, Version, Body, IsTrusted != 0);
    }
}
