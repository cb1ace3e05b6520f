using System.Text.Json;
using PluginRuntime.Connectors.Postgres;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests.Sdk;

/// <summary>The connector on a server, with one connection open.</summary>
internal sealed class PostgresFixture : IAsyncDisposable
{
    private readonly IConnector _connector;
    private object? _connection;

    private PostgresFixture(IConnector connector) => _connector = connector;

    internal static async Task<PostgresFixture> CreateAsync(PostgresServer server, params string[] statements)
    {
        var fixture = new PostgresFixture(await ConnectorAsync(server));
        fixture._connection = await fixture._connector.OpenAsync(default);
        foreach (var statement in statements)
        {
            await fixture.ExecuteAsync(statement);
        }

        return fixture;
    }

    /// <summary>The connector, initialised, without a connection.</summary>
    internal static async Task<IConnector> ConnectorAsync(PostgresServer server, object? settings = null, string? host = null, string? password = PostgresServer.Password)
    {
        IConnector connector = new PostgresConnector();
        await connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Host = host ?? PostgresServer.Host,
                Port = server.Port,
                Settings = JsonSerializer.SerializeToUtf8Bytes(settings ?? new { database = PostgresServer.Database }),
                Credentials = new BasicCredentials(PostgresServer.Username, password),
            },
            default);
        return connector;
    }

    internal async Task<string> QueryAsync(string sql, object? parameters = null, int? maxRows = null) =>
        (await CallAsync("query", new { sql, parameters, maxRows })).GetRawText();

    /// <summary>The first value of the first row, as JSON.</summary>
    internal async Task<string> ScalarAsync(string sql, object? parameters = null) =>
        (await CallAsync("query", new { sql, parameters })).GetProperty("rows")[0].EnumerateObject().First().Value.GetRawText();

    internal async Task<long> ExecuteAsync(string sql, object? parameters = null) =>
        (await CallAsync("execute", new { sql, parameters })).GetProperty("rowsAffected").GetInt64();

    internal Task<JsonElement> CallAsync(string action, object input, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(_connection!, action, JsonSerializer.Serialize(input), cancellationToken);

    internal Task<ConnectorException> FailAsync(string action, object input) =>
        FailRawAsync(action, JsonSerializer.Serialize(input));

    internal Task<ConnectorException> FailRawAsync(string action, string input) => _connector.FailAsync(_connection!, action, input);

    internal ValueTask<ConnectionHealth> CheckAsync(CancellationToken cancellationToken = default) => _connector.CheckAsync(_connection!, cancellationToken);

    /// <summary>Does what a pool does with a connection that it drops.</summary>
    internal async Task ReconnectAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        _connection = await _connector.OpenAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
    }
}

/// <summary>User name and password, as a host gives them.</summary>
internal sealed class BasicCredentials(string? username, string? password) : IConnectorCredentials
{
    public string Type => CredentialTypes.Basic;

    public string? Username => username;

    public DateTimeOffset? ExpiresAt => null;

    public bool IsExpired => false;

    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken) => new(password is null ? null : new Secret(password));

    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
