using System.Buffers;
using Npgsql;
using PluginRuntime.Connectors.Sql;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Reads and writes one PostgreSQL database.</summary>
/// <remarks>
/// A pooled connection is one connection of Npgsql, whose own pool is off. Nothing that a call does to its session reaches the next one.
/// </remarks>
[Connector(
    "postgres", Name = "PostgreSQL", Category = "database", Description = "Reads and writes a PostgreSQL database.",
    Auth = CredentialTypes.Basic, Settings = typeof(PostgresSettings))]
public sealed class PostgresConnector : Connector<PostgresSession>
{
    private NpgsqlDataSource? _dataSource;

    /// <summary>Declares the actions.</summary>
    public PostgresConnector()
        : base(PostgresJson.Default)
    {
        RawAction(
            "query",
            QueryAsync,
            new() { Description = "Runs one statement that reads, and gives its rows. Of columns with one name the later ones get _2, _3.", Idempotent = true },
            PostgresSchemas.All.QueryInput,
            PostgresSchemas.All.QueryOutput);
        RawAction(
            "execute",
            ExecuteAsync,
            new() { Description = "Runs one statement that writes." },
            PostgresSchemas.All.ExecuteInput,
            PostgresSchemas.All.ExecuteOutput);
        RawAction(
            "transaction",
            TransactionAsync,
            new() { Description = "Runs statements in order: all of them take effect, or none." },
            PostgresSchemas.All.TransactionInput,
            PostgresSchemas.All.TransactionOutput);
    }

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(ConnectionText.Of(Context));
        builder.EnableTransportSecurity();

        // Results come as the server's text, so there are no types to load.
        builder.ConfigureTypeLoading(options => options.EnableTypeLoading(false));
        builder.UsePasswordProvider(
            _ => throw new NotSupportedException("Connections are opened asynchronously only."),
            async (_, token) => await PasswordAsync(token));
        _dataSource = builder.Build();
        return default;
    }

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken) => _dataSource?.DisposeAsync() ?? default;

    /// <inheritdoc />
    protected override ValueTask<PostgresSession> OpenAsync(CancellationToken cancellationToken) =>
        PostgresSession.OpenAsync(_dataSource!, Context.TimeProvider, cancellationToken);

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(PostgresSession connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.PingAsync(cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(PostgresSession connection, CancellationToken cancellationToken) => connection.DisposeAsync();

    private static async ValueTask QueryAsync(
        PostgresSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var query = SqlActions.Read(input, PostgresJson.Default.QueryInput);
        var maxRows = SqlActions.MaxRowsOf(query);
        var statement = Statement.Create(query.Sql, query.Parameters);
        StatementRules.CheckQuery(statement);
        output.Write((await connection.QueryAsync(statement, maxRows, cancellationToken)).Span);
    }

    private static async ValueTask ExecuteAsync(
        PostgresSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var execute = SqlActions.Read(input, PostgresJson.Default.StatementInput);
        var statement = Statement.Create(execute.Sql, execute.Parameters);
        StatementRules.CheckExecute(statement);
        SqlActions.Write(output, new(await connection.ExecuteAsync(statement, cancellationToken)), PostgresJson.Default.ExecuteOutput);
    }

    private static async ValueTask TransactionAsync(
        PostgresSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var transaction = SqlActions.Read(input, PostgresJson.Default.TransactionInput);
        var statements = transaction.Statements.Select((statement, index) => Read(statement, index, transaction.Statements.Count)).ToList();
        var rows = await connection.ExecuteAllAsync(statements, cancellationToken);
        SqlActions.Write(output, new([.. rows.Select(count => new ExecuteOutput(count))]), PostgresJson.Default.TransactionOutput);
    }

    // Called when the server asks. Given none, Npgsql would look for one in the host's environment and files.
    private async ValueTask<string> PasswordAsync(CancellationToken cancellationToken) =>
        (await Context.Credentials.GetSecretAsync(cancellationToken))?.Reveal()
        ?? throw new ConnectorException(ConnectorErrorKind.Auth, "The server asks for a password, and the instance has no credentials.", wasSent: false);

    private static Statement Read(StatementInput input, int index, int count)
    {
        try
        {
            var statement = Statement.Create(input.Sql, input.Parameters);
            StatementRules.CheckTransaction(statement);
            return statement;
        }
        catch (ConnectorException failure)
        {
            throw SqlActions.InTransaction(failure, index, count);
        }
    }
}
