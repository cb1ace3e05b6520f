using System.Security.Cryptography;
using Dapper;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Auth;

/// <summary>Orgs and keys in the host's database. Of a key there is its SHA-256 hash alone. Times are Unix milliseconds.</summary>
internal sealed class KeyStore(StateDatabase database)
{
    private const string Columns = "id AS Id, org AS Org, name AS Name, scopes AS Scopes, created AS Created, expires AS Expires, last_used AS LastUsed, revoked AS Revoked";

    /// <summary>A key by its hash, valid or not; null when there is none.</summary>
    /// <exception cref="Management.StateException">It cannot be read.</exception>
    internal ApiKey? Find(byte[] hash)
    {
        if (database.ReadKeyHash() is { } host && CryptographicOperations.FixedTimeEquals(hash, host))
        {
            return ApiKey.OfHost;
        }

        return database.Run("read", connection => connection.QuerySingleOrDefault<KeyRow>($"SELECT {Columns} FROM api_key WHERE hash = @hash", new { hash }))?.ToKey();
    }

    internal IReadOnlyList<ApiKey> KeysOf(string org) => database.Run(
        "read", connection => connection.Query<KeyRow>($"SELECT {Columns} FROM api_key WHERE org = @org", new { org }).Select(row => row.ToKey()).ToList());

    /// <returns>Whether there is such an org.</returns>
    internal bool TryAdd(ApiKey key, byte[] hash) => database.Run("saved", connection => connection.Execute(
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
        })) > 0;

    /// <summary>Ends a key; one that was ended before stays as it is.</summary>
    internal void Revoke(string id, DateTimeOffset now) => database.Run("saved", connection => connection.Execute(
        "UPDATE api_key SET revoked = @now WHERE id = @id AND revoked IS NULL", new { id, now = now.ToUnixTimeMilliseconds() }));

    /// <summary>Notes when keys were used, as far as that is news.</summary>
    internal void SaveUses(IReadOnlyDictionary<string, DateTimeOffset> uses) => database.Run("saved", connection =>
    {
        using var transaction = connection.BeginTransaction();
        var saved = connection.Execute(
            "UPDATE api_key SET last_used = @at WHERE id = @id AND (last_used IS NULL OR last_used < @at)",
            uses.OrderBy(use => use.Key, StringComparer.Ordinal).Select(use => new { id = use.Key, at = use.Value.ToUnixTimeMilliseconds() }),
            transaction);
        transaction.Commit();
        return saved;
    });

    internal IReadOnlyList<Org> Orgs() => database.Run(
        "read", connection => connection.Query<OrgRow>("SELECT name AS Name, created AS Created FROM org").Select(row => row.ToOrg()).ToList());

    internal Org? FindOrg(string name) => database.Run(
        "read", connection => connection.QuerySingleOrDefault<OrgRow>("SELECT name AS Name, created AS Created FROM org WHERE name = @name", new { name }))?.ToOrg();

    /// <returns>False when there is such an org already.</returns>
    internal bool TryAdd(Org org) => database.Run("saved", connection => connection.Execute(
        "INSERT INTO org (name, created) VALUES (@Name, @created) ON CONFLICT (name) DO NOTHING",
        new { org.Name, created = org.Created.ToUnixTimeMilliseconds() })) > 0;

    /// <summary>Removes an org with the keys of it that have ended.</summary>
    /// <returns>False when it is not there, has a key that is valid, or an instance.</returns>
    internal bool TryRemoveOrg(string name, DateTimeOffset now) => database.Run("saved", connection =>
    {
        using var transaction = connection.BeginTransaction();
        var prefix = name + "/";
        connection.Execute(
            "DELETE FROM api_key WHERE org = @name AND (revoked IS NOT NULL OR expires <= @now)", new { name, now = now.ToUnixTimeMilliseconds() }, transaction);
        var removed = connection.Execute(
            """
            DELETE FROM org WHERE name = @name
                AND NOT EXISTS (SELECT 1 FROM api_key WHERE org = @name)
                AND NOT EXISTS (SELECT 1 FROM instance WHERE substr(name, 1, @length) = @prefix)
            """,
            new { name, prefix, length = prefix.Length },
            transaction) > 0;
        if (removed)
        {
            transaction.Commit();
        }

        return removed;
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
