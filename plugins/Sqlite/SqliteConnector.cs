using System.Buffers;
using PluginRuntime.Connectors.Sql;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>Reads and writes one SQLite database file.</summary>
/// <remarks>
/// SQLite's interface is synchronous: a statement keeps its thread until it ends. So every statement runs on a thread of the pool and not
/// on the caller's, which stays free to see a deadline, and a cancelled token interrupts the statement itself.
/// No statement reaches another file, so ATTACH and VACUUM, which attaches one too, are refused.
/// </remarks>
[Connector(
    "sqlite", Name = "SQLite", Category = "database", Description = "Reads and writes a SQLite database file.", Settings = typeof(SqliteSettings))]
public sealed class SqliteConnector : Connector<SqliteSession>
{
    /// <summary>Declares the actions.</summary>
    public SqliteConnector()
        : base(SqliteJson.Default)
    {
        RawAction(
            "query",
            QueryAsync,
            new() { Description = "Runs one statement that reads, and gives its rows. Of columns with one name the later ones get _2, _3.", Idempotent = true },
            SqliteSchemas.All.QueryInput,
            SqliteSchemas.All.QueryOutput);
        RawAction(
            "execute",
            ExecuteAsync,
            new() { Description = "Runs one statement that writes." },
            SqliteSchemas.All.ExecuteInput,
            SqliteSchemas.All.ExecuteOutput);
        RawAction(
            "transaction",
            TransactionAsync,
            new() { Description = "Runs statements in order: all of them take effect, or none." },
            SqliteSchemas.All.TransactionInput,
            SqliteSchemas.All.TransactionOutput);
    }

    /// <inheritdoc />
    protected override ValueTask<SqliteSession> OpenAsync(CancellationToken cancellationToken)
    {
        var settings = Context.GetSettings<SqliteSettings>();
        if (!Path.IsPathFullyQualified(settings.DataSource))
        {
            // Also keeps out what SQLite does not take for a file: ":memory:" and "file:" with its options.
            throw new ConnectorException(ConnectorErrorKind.Input, "The setting 'dataSource' must be the absolute path of a file.", wasSent: false);
        }

        return SqliteSession.OpenAsync(settings.DataSource, settings.BusyTime, Context.TimeProvider, cancellationToken);
    }

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(SqliteSession connection, CancellationToken cancellationToken)
    {
        try
        {
            // From a table, because a bare SELECT 1 would not touch the file.
            await connection.RunAsync(session => session.Execute("SELECT 1 FROM sqlite_schema LIMIT 1", null), cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(SqliteSession connection, CancellationToken cancellationToken) => connection.DisposeAsync();

    private static async ValueTask QueryAsync(
        SqliteSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var query = SqlActions.Read(input, SqliteJson.Default.QueryInput);
        var maxRows = SqlActions.MaxRowsOf(query);
        var result = await connection.RunAsync(session => session.Query(query.Sql, query.Parameters, maxRows), cancellationToken);
        output.Write(result.Span);
    }

    private static async ValueTask ExecuteAsync(
        SqliteSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var statement = SqlActions.Read(input, SqliteJson.Default.StatementInput);
        var rows = await connection.RunAsync(session => session.Execute(statement.Sql, statement.Parameters), cancellationToken);
        SqlActions.Write(output, new(rows), SqliteJson.Default.ExecuteOutput);
    }

    private static async ValueTask TransactionAsync(
        SqliteSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var transaction = SqlActions.Read(input, SqliteJson.Default.TransactionInput);
        var rows = await connection.RunAsync(session => session.ExecuteAll(transaction.Statements), cancellationToken);
        SqlActions.Write(output, new([.. rows.Select(count => new ExecuteOutput(count))]), SqliteJson.Default.TransactionOutput);
    }
}
