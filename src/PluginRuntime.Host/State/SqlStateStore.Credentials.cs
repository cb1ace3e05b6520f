using System.Data.Common;
using Dapper;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Stored credentials, a row each: what is secret in it is sealed field by field.</summary>
internal sealed partial class SqlStateStore
{
    public Task<IReadOnlyDictionary<string, StoredCredential>> LoadCredentialsAsync(CancellationToken cancellationToken) =>
        ReadAsync("credentials", connection => CredentialsAsync(connection, null));

    public Task SaveCredentialAsync(string name, StoredCredential? credential, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Credential,
        name,
        write,
        async (connection, transaction) =>
        {
            if (credential is not null && quotas is not null)
            {
                await quotas.CheckNamedAsync(connection, transaction, OrgQuota.Credentials, name);
            }

            return await connection.ExecuteAsync(
                credential is null
                    ? "DELETE FROM credential WHERE name = @name"
                    : """
                    INSERT INTO credential (name, revision, body, is_trusted) VALUES (@name, @revision, @body, @isTrusted)
                    ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, body = excluded.body, is_trusted = excluded.is_trusted
                    """,
                new
                {
                    name,
                    revision = credential?.Revision ?? 0,
                    body = credential is null ? null : CredentialSealing.Seal(await SealAsync(connection, transaction), name, credential.Json),
                    isTrusted = credential is { IsTrusted: true } ? 1 : 0,
                },
                transaction) > 0;
        },
        cancellationToken);

    /// <param name="connection">The database.</param>
    /// <param name="names">Which ones; null for all.</param>
    private async Task<IReadOnlyDictionary<string, StoredCredential>> CredentialsAsync(DbConnection connection, IReadOnlyCollection<string>? names)
    {
        var (only, parameters) = Among("name", names);
        return (await connection.QueryAsync<CredentialRow>("SELECT name, revision, body, is_trusted AS isTrusted FROM credential" + only, parameters))
            .ToDictionary(row => row.Name, row => new StoredCredential(row.Revision, CredentialSealing.Unseal(seal, row.Name, row.Body), row.IsTrusted != 0), StringComparer.Ordinal);
    }

    private sealed record CredentialRow(string Name, long Revision, byte[] Body, long IsTrusted);
}
