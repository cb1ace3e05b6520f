using System.Data.Common;
using System.Text.Json;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Keeps desired state in the host's database, what may hold secrets sealed. Each save is one transaction, durable when it returns.</summary>
internal sealed partial class SqlStateStore(StateDatabase database, StateSeal seal) : IStateStore
{
    private const string DemoDecided = "demo";

    internal string Name => database.Name;

    public Task<StoredState> LoadAsync(CancellationToken cancellationToken) => ReadAsync("state", async connection =>
        new StoredState(
            (await connection.QueryAsync<DefinitionRow>("SELECT name, revision, config, is_trusted AS isTrusted FROM instance"))
                .ToDictionary(row => row.Name, row => new StoredDefinition(row.Revision, seal.Unseal(StateSeal.PlaceOfInstance(row.Name), row.Config), row.IsTrusted != 0), StringComparer.Ordinal),
            (await connection.QueryAsync<VersionsRow>("SELECT name, versions FROM instance_versions"))
                .ToDictionary(row => row.Name, row => VersionStateJson.Read(row.Versions), StringComparer.Ordinal))
        {
            Tokens = (await connection.QueryAsync<TokensRow>("SELECT key, tokens FROM token")).ToDictionary(
                row => row.Key, row => (ReadOnlyMemory<byte>)seal.Unseal(StateSeal.PlaceOfTokens(row.Key), row.Tokens), StringComparer.Ordinal),
        });

    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, CancellationToken cancellationToken) => definition is null
        ? SaveAsync("DELETE FROM instance WHERE name = @name", new { name }, cancellationToken)
        : SaveSealedAsync(
            """
            INSERT INTO instance (name, revision, config, is_trusted) VALUES (@name, @Revision, @config, @isTrusted)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, is_trusted = excluded.is_trusted
            """,
            with => new
            {
                name,
                definition.Revision,
                config = with.Seal(StateSeal.PlaceOfInstance(name), definition.Config.Span),
                isTrusted = definition.IsTrusted ? 1 : 0,
            },
            cancellationToken);

    public Task SaveVersionsAsync(string name, VersionState? versions, CancellationToken cancellationToken) => versions is null
        ? SaveAsync("DELETE FROM instance_versions WHERE name = @name", new { name }, cancellationToken)
        : SaveAsync(
            """
            INSERT INTO instance_versions (name, versions) VALUES (@name, @versions)
            ON CONFLICT (name) DO UPDATE SET versions = excluded.versions
            """,
            new { name, versions = VersionStateJson.Write(versions) },
            cancellationToken);

    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, CancellationToken cancellationToken) => tokens is not { } plain
        ? SaveAsync("DELETE FROM token WHERE key = @key", new { key }, cancellationToken)
        : SaveSealedAsync(
            """
            INSERT INTO token (key, tokens) VALUES (@key, @tokens)
            ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens
            """,
            with => new { key, tokens = with.Seal(StateSeal.PlaceOfTokens(key), plain.Span) },
            cancellationToken);

    /// <summary>Whether this state has been given its demo instance, or was started without one.</summary>
    internal Task<bool> IsDemoDecidedAsync() => ReadAsync("state", async connection =>
        await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM decided WHERE what = @what", new { what = DemoDecided }) > 0);

    internal Task DecideDemoAsync() =>
        SaveAsync("INSERT INTO decided (what) VALUES (@what) ON CONFLICT DO NOTHING", new { what = DemoDecided }, CancellationToken.None);

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

    /// <summary>Saves what is sealed, with the key that the database is sealed with at that moment.</summary>
    private Task<int> SaveSealedAsync(string statement, Func<StateSeal, object> parameters, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            var saved = await connection.ExecuteAsync(statement, parameters(await SealKeys.ForSavingAsync(database, connection, transaction, seal)), transaction);
            await transaction.CommitAsync(CancellationToken.None);
            return saved;
        });
    }

    private sealed record DefinitionRow(string Name, long Revision, byte[] Config, long IsTrusted);

    private sealed record TokensRow(string Key, byte[] Tokens);

    private sealed record VersionsRow(string Name, byte[] Versions);
}
