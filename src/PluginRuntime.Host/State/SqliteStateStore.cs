using System.Text.Json;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Keeps desired state in the host's database, what may hold secrets sealed. Each save is one statement, durable when it returns.</summary>
internal sealed partial class SqliteStateStore(StateDatabase database, StateSeal seal) : IStateStore
{
    private const string DemoDecided = "demo";

    public Task<StoredState> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(database.Run("read", connection =>
    {
        try
        {
            return new StoredState(
                connection.Query<DefinitionRow>("SELECT name, revision, config, is_trusted AS isTrusted FROM instance")
                    .ToDictionary(row => row.Name, row => new StoredDefinition(row.Revision, seal.Unseal(StateSeal.PlaceOfInstance(row.Name), row.Config), row.IsTrusted != 0), StringComparer.Ordinal),
                connection.Query<VersionsRow>("SELECT name, versions FROM instance_versions")
                    .ToDictionary(row => row.Name, row => VersionStateJson.Read(row.Versions), StringComparer.Ordinal))
            {
                Tokens = connection.Query<TokensRow>("SELECT key, tokens FROM token").ToDictionary(
                    row => row.Key, row => (ReadOnlyMemory<byte>)seal.Unseal(StateSeal.PlaceOfTokens(row.Key), row.Tokens), StringComparer.Ordinal),
            };
        }
        catch (JsonException exception)
        {
            throw new StateException($"The state in {connection.DataSource} cannot be read: {exception.Message}", exception);
        }
    }));

    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection => definition is null
            ? connection.Execute("DELETE FROM instance WHERE name = @name", new { name })
            : connection.Execute(
                """
                INSERT INTO instance (name, revision, config, is_trusted) VALUES (@name, @Revision, @config, @IsTrusted)
                ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, is_trusted = excluded.is_trusted
                """,
                new { name, definition.Revision, config = seal.Seal(StateSeal.PlaceOfInstance(name), definition.Config.Span), definition.IsTrusted }));
        return Task.CompletedTask;
    }

    public Task SaveVersionsAsync(string name, VersionState? versions, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection => versions is null
            ? connection.Execute("DELETE FROM instance_versions WHERE name = @name", new { name })
            : connection.Execute(
                """
                INSERT INTO instance_versions (name, versions) VALUES (@name, @versions)
                ON CONFLICT (name) DO UPDATE SET versions = excluded.versions
                """,
                new { name, versions = VersionStateJson.Write(versions) }));
        return Task.CompletedTask;
    }

    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Run("saved", connection => tokens is not { } plain
            ? connection.Execute("DELETE FROM token WHERE key = @key", new { key })
            : connection.Execute(
                """
                INSERT INTO token (key, tokens) VALUES (@key, @tokens)
                ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens
                """,
                new { key, tokens = seal.Seal(StateSeal.PlaceOfTokens(key), plain.Span) }));
        return Task.CompletedTask;
    }

    /// <summary>Whether this data directory has been given its demo instance, or was started without one.</summary>
    internal bool IsDemoDecided() => database.Run(
        "read", connection => connection.ExecuteScalar<long>("SELECT count(*) FROM decided WHERE what = @what", new { what = DemoDecided }) > 0);

    internal void DecideDemo() => database.Run(
        "saved", connection => connection.Execute("INSERT OR IGNORE INTO decided (what) VALUES (@what)", new { what = DemoDecided }));

    private sealed record DefinitionRow(string Name, long Revision, byte[] Config, long IsTrusted);

    private sealed record TokensRow(string Key, byte[] Tokens);

    private sealed record VersionsRow(string Name, byte[] Versions);
}
