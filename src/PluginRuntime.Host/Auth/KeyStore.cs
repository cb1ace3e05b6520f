using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Auth;

/// <summary>Orgs and keys in the host's database. Of a key there is its SHA-256 hash alone. Times are Unix milliseconds.</summary>
/// <param name="database">The database.</param>
/// <param name="quotas">How much orgs may have; null for any.</param>
internal sealed class KeyStore(StateDatabase database, OrgQuotas? quotas = null)
{
    private const string Columns = "id AS Id, org AS Org, name AS Name, scopes AS Scopes, created AS Created, expires AS Expires, last_used AS LastUsed, revoked AS Revoked";

    /// <summary>A key by its hash, valid or not; null when there is none.</summary>
    /// <exception cref="Management.StateException">It cannot be read.</exception>
    internal Task<ApiKey?> FindAsync(byte[] hash) => database.RunAsync("read", async connection =>
        await connection.ExecuteScalarAsync<byte[]?>("SELECT hash FROM admin_key") is { } host && CryptographicOperations.FixedTimeEquals(hash, host)
            ? ApiKey.OfHost
            : (await connection.QuerySingleOrDefaultAsync<KeyRow>($"SELECT {Columns} FROM api_key WHERE hash = @hash", new { hash }))?.ToKey());

    internal Task<IReadOnlyList<ApiKey>> KeysOfAsync(string org) => database.RunAsync("read", async connection =>
        (IReadOnlyList<ApiKey>)[.. (await connection.QueryAsync<KeyRow>($"SELECT {Columns} FROM api_key WHERE org = @org", new { org })).Select(row => row.ToKey())]);

    /// <returns>Whether there is such an org.</returns>
    /// <exception cref="QuotaExceededException">The org has as many as it may have.</exception>
    internal Task<bool> TryAddAsync(ApiKey key, byte[] hash) => ChangeAsync(key.Id, async (connection, transaction) =>
    {
        if (quotas is not null)
        {
            await quotas.CheckKeysAsync(connection, transaction, key.Org, key.Created);
        }

        return await connection.ExecuteAsync(
            """
            INSERT INTO api_key (id, hash, org, name, scopes, created, expires)
            SELECT @Id, @hash, org.name, @Name, @scopes, @created, @expires FROM org WHERE org.name = @Org
            """,
            new
            {
                key.Id,
                hash,
                key.Org,
                key.Name,
                scopes = string.Join(' ', ScopeNames.Of(key.Scopes)),
                created = key.Created.ToUnixTimeMilliseconds(),
                expires = key.Expires?.ToUnixTimeMilliseconds(),
            },
            transaction);
    });

    /// <summary>Ends a key; one that was ended before stays as it is.</summary>
    internal Task RevokeAsync(string id, DateTimeOffset now) => ChangeAsync(id, (connection, transaction) => connection.ExecuteAsync(
        "UPDATE api_key SET revoked = @now WHERE id = @id AND revoked IS NULL", new { id, now = now.ToUnixTimeMilliseconds() }, transaction));

    /// <summary>Notes when keys were used, as far as that is news.</summary>
    internal Task SaveUsesAsync(IReadOnlyDictionary<string, DateTimeOffset> uses) => database.RunAsync("saved", async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();

        // In one order, for hosts that do it at the same time.
        var saved = await connection.ExecuteAsync(
            "UPDATE api_key SET last_used = @at WHERE id = @id AND (last_used IS NULL OR last_used < @at)",
            uses.OrderBy(use => use.Key, StringComparer.Ordinal).Select(use => new { id = use.Key, at = use.Value.ToUnixTimeMilliseconds() }),
            transaction);
        await transaction.CommitAsync();
        return saved;
    });

    internal Task<IReadOnlyList<Org>> OrgsAsync() => database.RunAsync("read", async connection =>
        (IReadOnlyList<Org>)[.. (await connection.QueryAsync<OrgRow>("SELECT name AS Name, created AS Created FROM org")).Select(row => row.ToOrg())]);

    internal Task<Org?> FindOrgAsync(string name) => database.RunAsync("read", async connection =>
        (await connection.QuerySingleOrDefaultAsync<OrgRow>("SELECT name AS Name, created AS Created FROM org WHERE name = @name", new { name }))?.ToOrg());

    /// <returns>False when there is such an org already.</returns>
    internal Task<bool> TryAddAsync(Org org) => ChangeAsync(org.Name, (connection, transaction) => connection.ExecuteAsync(
        "INSERT INTO org (name, created) VALUES (@Name, @created) ON CONFLICT (name) DO NOTHING",
        new { org.Name, created = org.Created.ToUnixTimeMilliseconds() },
        transaction));

    /// <summary>Removes an org with the keys of it that have ended.</summary>
    /// <returns>False when it is not there, has a key that is valid, an instance, a credential, or a connector.</returns>
    internal Task<bool> TryRemoveOrgAsync(string name, DateTimeOffset now) => ChangeAsync(name, async (connection, transaction) =>
    {
        var prefix = name + "/";
        await OrgQuotas.ForgetAsync(connection, transaction, name);
        await connection.ExecuteAsync(
            "DELETE FROM api_key WHERE org = @name AND (revoked IS NOT NULL OR expires <= @now)", new { name, now = now.ToUnixTimeMilliseconds() }, transaction);
        var removed = await connection.ExecuteAsync(
            """
            DELETE FROM org WHERE name = @name
                AND NOT EXISTS (SELECT 1 FROM api_key WHERE org = @name)
                AND NOT EXISTS (SELECT 1 FROM instance WHERE substr(name, 1, @length) = @prefix)
                AND NOT EXISTS (SELECT 1 FROM credential WHERE substr(name, 1, @length) = @prefix)
                AND NOT EXISTS (SELECT 1 FROM manifest WHERE substr(id, 1, @length) = @prefix AND length(body) > 0)
            """,
            new { name, prefix, length = prefix.Length },
            transaction);
        if (removed > 0)
        {
            // With the org, so that a host which ends right now leaves none; the other hosts are told after it.
            await connection.ExecuteAsync("DELETE FROM connector_share WHERE org = @name", new { name }, transaction);
        }

        return removed;
    });

    /// <summary>Gives an org limits in the place of those that it was given before.</summary>
    /// <returns>Whether there is such an org.</returns>
    internal Task<bool> TryLimitAsync(string org, GivenLimits given) => ChangeAsync(org, (connection, transaction) => OrgQuotas.WriteAsync(connection, transaction, org, given));

    /// <summary>What orgs were given that were given limits.</summary>
    internal Task<IReadOnlyDictionary<string, GivenLimits>> GivenLimitsAsync() => database.RunAsync("read", OrgQuotas.ReadAllAsync);

    /// <summary>What an org was given, and how much it has.</summary>
    internal Task<(GivenLimits Given, OrgUse Use)> UseOfAsync(string org, DateTimeOffset now) => database.RunAsync("read", async connection =>
        (await OrgQuotas.ReadAsync(connection, null, org), await OrgQuotas.UseAsync(connection, org, now)));

    /// <summary>Changes orgs and their keys, one host at a time: no key is made for an org that another host removes.</summary>
    /// <param name="target">What is changed, for the audit log.</param>
    /// <param name="change">Returns how many rows were changed.</param>
    /// <returns>Whether rows were changed; if not, nothing was.</returns>
    private Task<bool> ChangeAsync(string target, Func<DbConnection, DbTransaction, Task<int>> change) => database.RunAsync("saved", async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await database.LockAsync(connection);
        if (await change(connection, transaction) == 0)
        {
            return false;
        }

        await AuditLog.WriteAsync(connection, transaction, target);
        await transaction.CommitAsync();
        return true;
    });

    private sealed record OrgRow(string Name, long Created)
    {
        internal Org ToOrg() => new(Name, DateTimeOffset.FromUnixTimeMilliseconds(Created));
    }

    private sealed record KeyRow(string Id, string Org, string Name, string Scopes, long Created, long? Expires, long? LastUsed, long? Revoked)
    {
        internal ApiKey ToKey() => new(
            Id,
            Org,
            Name,
            Scopes.Split(' ').Aggregate(Auth.Scopes.None, (all, name) => all | ScopeNames.Read(name)),
            DateTimeOffset.FromUnixTimeMilliseconds(Created),
            Time(Expires),
            Time(LastUsed),
            Time(Revoked));

        private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } given ? DateTimeOffset.FromUnixTimeMilliseconds(given) : null;
    }
}
