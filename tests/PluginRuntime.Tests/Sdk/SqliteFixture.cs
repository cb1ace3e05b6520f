using System.Text;
using System.Text.Json;
using PluginRuntime.Connectors.Sqlite;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

/// <summary>The connector on a database file of its own, with one connection open.</summary>
internal sealed class SqliteFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IConnector _connector = new SqliteConnector();
    private object? _connection;

    internal string Folder => _directory.Path;

    internal object Connection => _connection!;

    internal static async Task<SqliteFixture> CreateAsync(params string[] statements)
    {
        var fixture = new SqliteFixture();
        var settings = JsonSerializer.Serialize(new { dataSource = Path.Combine(fixture.Folder, "data", "test.db"), busyTimeout = "0ms" });
        await fixture._connector.InitializeAsync(
            new() { Instance = "test", Version = "1.0.0", Settings = Encoding.UTF8.GetBytes(settings) }, default);
        fixture._connection = await fixture._connector.OpenAsync(default);
        foreach (var statement in statements)
        {
            await fixture.ExecuteAsync(statement);
        }

        return fixture;
    }

    internal async Task<string> QueryAsync(string sql, object? parameters = null, int? maxRows = null) =>
        (await CallAsync("query", new { sql, parameters, maxRows })).GetRawText();

    /// <summary>The first value of the first row, as JSON.</summary>
    internal async Task<string> ScalarAsync(string sql, object? parameters = null) =>
        (await CallAsync("query", new { sql, parameters })).GetProperty("rows")[0].EnumerateObject().First().Value.GetRawText();

    internal async Task<int> ExecuteAsync(string sql, object? parameters = null) =>
        (await CallAsync("execute", new { sql, parameters })).GetProperty("rowsAffected").GetInt32();

    internal Task<JsonElement> CallAsync(string action, object input, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(Connection, action, JsonSerializer.Serialize(input), cancellationToken);

    internal Task<ConnectorException> FailAsync(string action, object input) =>
        _connector.FailAsync(Connection, action, JsonSerializer.Serialize(input));

    internal ValueTask<ConnectionHealth> CheckAsync() => _connector.CheckAsync(Connection, default);

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(Connection, default);
        await _connector.DestroyAsync(default);
        _directory.Dispose();
    }
}
