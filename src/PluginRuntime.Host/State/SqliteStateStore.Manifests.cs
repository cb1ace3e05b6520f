using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Registered manifests in a table of their own; of a deleted one the version stays.</summary>
internal sealed partial class SqliteStateStore
{
    private const string SelectManifests = "SELECT id, version, body AS manifest FROM manifest";

    public Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken) => Task.FromResult(database.Run(
        "read", connection => (IReadOnlyList<StoredManifest>)[.. connection.Query<ManifestRow>(SelectManifests).Select(row => row.Stored)]));

    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            check([.. connection.Query<ManifestRow>(SelectManifests + " WHERE id = @Id", new { added.Id }, transaction).Select(row => row.Stored)]);
            connection.Execute(
                "INSERT INTO manifest (id, version, body) VALUES (@Id, @Version, @body)", new { added.Id, added.Version, body = added.Manifest.ToArray() }, transaction);
            transaction.Commit();
            return 1;
        });
        return Task.CompletedTask;
    }

    public Task DeleteManifestsAsync(string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection => connection.Execute("UPDATE manifest SET body = @nothing WHERE id = @id", new { id, nothing = Array.Empty<byte>() }));
        return Task.CompletedTask;
    }

    private sealed record ManifestRow(string Id, string Version, byte[] Manifest)
    {
        internal StoredManifest Stored => new(Id, Version, Manifest);
    }
}
