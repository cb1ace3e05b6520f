using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Stored credentials, a row each: what is secret in it is sealed field by field.</summary>
internal sealed partial class SqlStateStore
{
    public Task<IReadOnlyDictionary<string, StoredCredential>> LoadCredentialsAsync(CancellationToken cancellationToken) => ReadAsync(
        "credentials",
        async connection => (IReadOnlyDictionary<string, StoredCredential>)(await connection.QueryAsync<CredentialRow>("SELECT name, revision, body, is_trusted AS isTrusted FROM credential"))
            .ToDictionary(row => row.Name, row => new StoredCredential(row.Revision, CredentialSealing.Unseal(seal, row.Name, row.Body), row.IsTrusted != 0), StringComparer.Ordinal));

    public Task SaveCredentialAsync(string name, StoredCredential? credential, CancellationToken cancellationToken) => credential is null
        ? SaveAsync("DELETE FROM credential WHERE name = @name", new { name }, cancellationToken)
        : SaveSealedAsync(
            """
            INSERT INTO credential (name, revision, body, is_trusted) VALUES (@name, @Revision, @body, @isTrusted)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, body = excluded.body, is_trusted = excluded.is_trusted
            """,
            with => new { name, credential.Revision, body = CredentialSealing.Seal(with, name, credential.Json), isTrusted = credential.IsTrusted ? 1 : 0 },
            cancellationToken);

    private sealed record CredentialRow(string Name, long Revision, byte[] Body, long IsTrusted);
}
