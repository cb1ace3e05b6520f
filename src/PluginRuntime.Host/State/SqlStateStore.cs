using System.Data.Common;
using System.Text.Json;
using Dapper;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Authorizations;
using PluginRuntime.Host.Idempotency;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Keeps desired state in the host's database, what may hold secrets sealed. Each save is one transaction, durable when it returns.</summary>
/// <param name="database">The database.</param>
/// <param name="seal">Seals what may hold secrets.</param>
/// <param name="host">The host's name among those that share the database; empty where it has it alone.</param>
/// <param name="quotas">How much orgs may have; null for any.</param>
internal sealed partial class SqlStateStore(StateDatabase database, StateSeal seal, string host = "", OrgQuotas? quotas = null) : IStateStore
{
    private const string DemoDecided = "demo";

    internal string Name => database.Name;

    /// <summary>Requests that run once, in the same database.</summary>
    internal IdempotencyStore IdempotencyStore(TimeProvider timeProvider) => new(database, seal, host, timeProvider);

    /// <summary>Authorizations that are under way, in the same database.</summary>
    internal AuthorizationStore AuthorizationStore(TimeProvider timeProvider) => new(database, seal, timeProvider);

    public Task<StoredState> LoadAsync(CancellationToken cancellationToken) => ReadAsync("state", async connection =>
    {
        // First: what is changed meanwhile comes again as a change.
        var revision = await RevisionAsync(connection, null);
        return (await StoredAsync(connection, null)) with { Revision = revision, Tokens = await TokensAsync(connection, null) };
    });

    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Instance,
        name,
        write,
        async (connection, transaction) =>
        {
            if (definition is not null && quotas is not null)
            {
                await quotas.CheckNamedAsync(connection, transaction, OrgQuota.Instances, name);
            }

            return await connection.ExecuteAsync(
                definition is null
                    ? "DELETE FROM instance_versions WHERE name = @name; DELETE FROM instance WHERE name = @name"
                    : """
                    INSERT INTO instance (name, revision, config, is_trusted) VALUES (@name, @revision, @config, @isTrusted)
                    ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, is_trusted = excluded.is_trusted
                    """,
                new
                {
                    name,
                    revision = definition?.Revision ?? 0,
                    config = definition is null ? null : (await SealAsync(connection, transaction)).Seal(StateSeal.PlaceOfInstance(name), definition.Config.Span),
                    isTrusted = definition is { IsTrusted: true } ? 1 : 0,
                },
                transaction) >= 0;
        },
        cancellationToken);

    public async Task<(VersionState Versions, long Revision)> SaveVersionsAsync(
        string name, Func<VersionState, VersionState>? change, CancellationToken cancellationToken)
    {
        var versions = VersionState.Empty;
        var revision = await ChangeAsync(
            StateSubject.Versions,
            name,
            StateWrite.Plain,
            async (connection, transaction) =>
            {
                if (change is null)
                {
                    return await connection.ExecuteAsync(
                        "DELETE FROM instance_versions WHERE name = @name AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.name = @name)", new { name }, transaction) > 0;
                }

                var stored = await connection.ExecuteScalarAsync<byte[]?>("SELECT versions FROM instance_versions WHERE name = @name", new { name }, transaction);
                versions = change(stored is null ? VersionState.Empty : VersionStateJson.Read(stored));
                var written = VersionStateJson.Write(versions);

                // Hosts decide the same one after the other: what is no news wakes nobody.
                return !written.AsSpan().SequenceEqual(stored) && await connection.ExecuteAsync(
                    """
                    INSERT INTO instance_versions (name, versions) VALUES (@name, @written)
                    ON CONFLICT (name) DO UPDATE SET versions = excluded.versions
                    """,
                    new { name, written },
                    transaction) > 0;
            },
            cancellationToken);
        return (versions, revision);
    }

    public Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadTokensAsync(string key, CancellationToken cancellationToken) => ReadAsync("tokens", async connection =>
    {
        // The revision first: what is saved in between is newer than it, and a change that is based on it a conflict.
        var revision = await RevisionAsync(connection, null);
        return ((await TokensAsync(connection, [key])).TryGetValue(key, out var tokens) ? tokens : default(ReadOnlyMemory<byte>?), revision);
    });

    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, StateWrite write, CancellationToken cancellationToken) => ChangeAsync(
        StateSubject.Tokens,
        key,
        write,
        async (connection, transaction) => await connection.ExecuteAsync(
            tokens is null
                ? "DELETE FROM token WHERE key = @key"
                : """
                INSERT INTO token (key, tokens) VALUES (@key, @sealed)
                ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens
                """,
            new { key, @sealed = tokens is { } plain ? (await SealAsync(connection, transaction)).Seal(StateSeal.PlaceOfTokens(key), plain.Span) : null },
            transaction) > 0,
        cancellationToken);

    /// <summary>Whether this state has been given its demo instance, or was started without one.</summary>
    internal Task<bool> IsDemoDecidedAsync() => ReadAsync("state", async connection =>
        await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM decided WHERE what = @what", new { what = DemoDecided }) > 0);

    internal Task DecideDemoAsync() =>
        SaveAsync("INSERT INTO decided (what) VALUES (@what) ON CONFLICT DO NOTHING", new { what = DemoDecided }, CancellationToken.None);

    /// <param name="connection">The database.</param>
    /// <param name="names">Of which instances; null for all.</param>
    private async Task<StoredState> StoredAsync(DbConnection connection, IReadOnlyCollection<string>? names)
    {
        var (only, parameters) = Among("name", names);
        return new(
            (await connection.QueryAsync<DefinitionRow>("SELECT name, revision, config, is_trusted AS isTrusted FROM instance" + only, parameters))
                .ToDictionary(row => row.Name, row => new StoredDefinition(row.Revision, seal.Unseal(StateSeal.PlaceOfInstance(row.Name), row.Config), row.IsTrusted != 0), StringComparer.Ordinal),
            (await connection.QueryAsync<VersionsRow>("SELECT name, versions FROM instance_versions" + only, parameters))
                .ToDictionary(row => row.Name, row => VersionStateJson.Read(row.Versions), StringComparer.Ordinal));
    }

    private async Task<Dictionary<string, ReadOnlyMemory<byte>>> TokensAsync(DbConnection connection, IReadOnlyCollection<string>? keys)
    {
        var (only, parameters) = Among("key", keys);
        return (await connection.QueryAsync<TokensRow>("SELECT key, tokens FROM token" + only, parameters)).ToDictionary(
            row => row.Key, row => (ReadOnlyMemory<byte>)seal.Unseal(StateSeal.PlaceOfTokens(row.Key), row.Tokens), StringComparer.Ordinal);
    }

    /// <summary>The key that the database is sealed with at this moment.</summary>
    private Task<StateSeal> SealAsync(DbConnection connection, DbTransaction transaction) => SealKeys.ForSavingAsync(database, connection, transaction, seal);

    /// <summary>Only rows of some names, in the words of both databases; all for null.</summary>
    private static (string Where, DynamicParameters Parameters) Among(string column, IReadOnlyCollection<string>? names)
    {
        var parameters = new DynamicParameters();
        if (names is null)
        {
            return ("", parameters);
        }

        var wanted = names.Select((name, index) => (Parameter: $"n{index}", Name: name)).ToList();
        wanted.ForEach(one => parameters.Add(one.Parameter, one.Name));
        return ($" WHERE {column} IN ({string.Join(", ", wanted.Select(one => "@" + one.Parameter))})", parameters);
    }

    private Task<T> ReadAsync<T>(string what, Func<DbConnection, Task<T>> read) => database.RunAsync("read", async connection =>
    {
        try
        {
            return await read(connection);
        }
        catch (JsonException exception)
        {
            throw new StateException($"The {what} in {database.Name} cannot be read: {exception.Message}", exception);
        }
    });

    private Task<int> SaveAsync(string statement, object parameters, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", connection => connection.ExecuteAsync(statement, parameters));
    }

    private sealed record DefinitionRow(string Name, long Revision, byte[] Config, long IsTrusted);

    private sealed record TokensRow(string Key, byte[] Tokens);

    private sealed record VersionsRow(string Name, byte[] Versions);
}
