using System.Data.Common;
using Dapper;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// How much orgs may have, in the host's database. It is looked at in the transaction that adds something, under the lock of the state, so that
/// several at once, on several hosts, never come to more. What is there already is never taken away.
/// </summary>
/// <param name="defaults">For orgs that were given nothing else; the host's own org has no limits then.</param>
internal sealed class OrgQuotas(OrgLimits defaults)
{
    private const long MostBytes = 64L * 1024 * 1024;
    private const string Instances = "instance";
    private const string Credentials = "credential";

    // Of a deleted version the body is empty.
    private const string Connectors = "(SELECT DISTINCT id AS name FROM manifest WHERE length(body) > 0) AS connector";
    private const string Columns = "instances AS Instances, credentials AS Credentials, keys AS Keys, connectors AS Connectors, rate AS Rate, concurrency AS Concurrency";

    /// <summary>What holds for an org.</summary>
    internal OrgLimits LimitsOf(string org, GivenLimits given) => given.Over(org == Orgs.Default ? OrgLimits.None : defaults);

    /// <summary>Whether an org may have one more of something that has an org in its name.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="transaction">The transaction that adds it, which has the lock.</param>
    /// <param name="quota">Instances, credentials or connectors.</param>
    /// <param name="name">The runtime's name. One that is there already is not added.</param>
    /// <exception cref="QuotaExceededException">It may not.</exception>
    internal async Task CheckNamedAsync(DbConnection connection, DbTransaction transaction, OrgQuota quota, string name)
    {
        var org = Management.InstanceNames.OrgOf(name) ?? Orgs.Default;
        var table = quota switch { OrgQuota.Instances => Instances, OrgQuota.Credentials => Credentials, _ => Connectors };
        if (await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table} WHERE name = @name", new { name }, transaction) == 0)
        {
            await CheckAsync(connection, transaction, org, quota, () => CountNamedAsync(connection, transaction, table, org));
        }
    }

    /// <summary>Whether an org that may not have any number of connectors may have a manifest more: every host keeps all versions in memory.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="transaction">The transaction that adds it, which has the lock.</param>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="size">The manifest's, in bytes.</param>
    /// <exception cref="Management.RegistrationException">It may not.</exception>
    internal async Task CheckManifestsAsync(DbConnection connection, DbTransaction transaction, string name, int size)
    {
        var org = Management.InstanceNames.OwnerOf(name);
        if (LimitsOf(org, await ReadAsync(connection, transaction, org)).Connectors == 0)
        {
            return;
        }

        var used = await connection.ExecuteScalarAsync<long>(
            $"SELECT CAST(coalesce(sum(length(body)), 0) AS BIGINT) FROM manifest WHERE {IsOwned("id", org)}", new { prefix = org + "/", length = org.Length + 1 }, transaction);
        if (used + size > MostBytes)
        {
            throw new Management.RegistrationException(
                "quota.exceeded", $"The manifests of the org '{org}' have {used / 1024} KiB, and may have {MostBytes / 1024}, in all versions. Take connectors away that are not needed.");
        }
    }

    /// <summary>Whether an org may have one more valid key.</summary>
    /// <exception cref="QuotaExceededException">It may not.</exception>
    internal Task CheckKeysAsync(DbConnection connection, DbTransaction transaction, string org, DateTimeOffset now) =>
        CheckAsync(connection, transaction, org, OrgQuota.Keys, () => CountKeysAsync(connection, transaction, org, now));

    /// <summary>What an org was given.</summary>
    internal static async Task<GivenLimits> ReadAsync(DbConnection connection, DbTransaction? transaction, string org) =>
        (await connection.QuerySingleOrDefaultAsync<LimitsRow>($"SELECT {Columns} FROM org_limits WHERE org = @org", new { org }, transaction))?.Given ?? GivenLimits.None;

    /// <summary>What all orgs were given that were given anything.</summary>
    internal static async Task<IReadOnlyDictionary<string, GivenLimits>> ReadAllAsync(DbConnection connection) =>
        (await connection.QueryAsync<OrgRow>($"SELECT org AS Org, {Columns} FROM org_limits")).ToDictionary(row => row.Org, row => row.Given, StringComparer.Ordinal);

    /// <summary>Gives an org limits in the place of those that it was given before.</summary>
    /// <returns>How many rows were changed: none where there is no such org.</returns>
    internal static Task<int> WriteAsync(DbConnection connection, DbTransaction transaction, string org, GivenLimits given) => connection.ExecuteAsync(
        """
        INSERT INTO org_limits (org, instances, credentials, keys, connectors, rate, concurrency)
        SELECT name, @Instances, @Credentials, @Keys, @Connectors, @Rate, @Concurrency FROM org WHERE name = @org
        ON CONFLICT (org) DO UPDATE SET instances = excluded.instances, credentials = excluded.credentials, keys = excluded.keys,
            connectors = excluded.connectors, rate = excluded.rate, concurrency = excluded.concurrency
        """,
        new { org, given.Instances, given.Credentials, given.Keys, given.Connectors, given.Rate, given.Concurrency },
        transaction);

    /// <summary>An org has none any more.</summary>
    internal static Task ForgetAsync(DbConnection connection, DbTransaction transaction, string org) =>
        connection.ExecuteAsync("DELETE FROM org_limits WHERE org = @org", new { org }, transaction);

    /// <summary>How much an org has.</summary>
    internal static async Task<OrgUse> UseAsync(DbConnection connection, string org, DateTimeOffset now) => new(
        await CountNamedAsync(connection, null, Instances, org),
        await CountNamedAsync(connection, null, Credentials, org),
        await CountKeysAsync(connection, null, org, now),
        await CountNamedAsync(connection, null, Connectors, org));

    private async Task CheckAsync(DbConnection connection, DbTransaction transaction, string org, OrgQuota quota, Func<Task<long>> count)
    {
        var limit = LimitsOf(org, await ReadAsync(connection, transaction, org)).Of(quota);
        if (limit > 0 && await count() is var used && used >= limit)
        {
            throw new QuotaExceededException(org, quota, used, limit);
        }
    }

    private static Task<long> CountNamedAsync(DbConnection connection, DbTransaction? transaction, string table, string org)
    {
        var prefix = org + "/";
        return connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table} WHERE {IsOwned("name", org)}", new { prefix, length = prefix.Length }, transaction);
    }

    private static string IsOwned(string column, string org) => org == Orgs.Default ? $"{column} NOT LIKE '%/%'" : $"substr({column}, 1, @length) = @prefix";

    private static Task<long> CountKeysAsync(DbConnection connection, DbTransaction? transaction, string org, DateTimeOffset now) => connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM api_key WHERE org = @org AND revoked IS NULL AND (expires IS NULL OR expires > @now)", new { org, now = now.ToUnixTimeMilliseconds() }, transaction);

    private record LimitsRow(long? Instances, long? Credentials, long? Keys, long? Connectors, long? Rate, long? Concurrency)
    {
        internal GivenLimits Given => new((int?)Instances, (int?)Credentials, (int?)Keys, (int?)Connectors, (int?)Rate, (int?)Concurrency);
    }

    private sealed record OrgRow(string Org, long? Instances, long? Credentials, long? Keys, long? Connectors, long? Rate, long? Concurrency)
        : LimitsRow(Instances, Credentials, Keys, Connectors, Rate, Concurrency);
}
