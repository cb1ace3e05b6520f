using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
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
    private const int DefaultMaxRows = 1000;
    private const int HighestMaxRows = 10_000;

    /// <summary>Declares the actions.</summary>
    public SqliteConnector()
        : base(SqliteJson.Default)
    {
        RawAction(
            "query",
            QueryAsync,
            new() { Description = "Runs one statement that reads, and gives its rows. Of columns with one name the later ones get _2, _3.", Idempotent = true },
            SqliteSchemas.QueryInput,
            SqliteSchemas.QueryOutput);
        RawAction(
            "execute",
            ExecuteAsync,
            new() { Description = "Runs one statement that writes." },
            SqliteSchemas.StatementInput,
            SqliteSchemas.ExecuteOutput);
        RawAction(
            "transaction",
            TransactionAsync,
            new() { Description = "Runs statements in order: all of them take effect, or none." },
            SqliteSchemas.TransactionInput,
            SqliteSchemas.TransactionOutput);
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
        var query = Read(input, SqliteJson.Default.QueryInput);
        var maxRows = query.MaxRows ?? DefaultMaxRows;
        if (maxRows is < 1 or > HighestMaxRows)
        {
            throw new ConnectorException(ConnectorErrorKind.Input, $"'maxRows' must be between 1 and {HighestMaxRows}.", wasSent: false);
        }

        var result = await connection.RunAsync(session => session.Query(query.Sql, query.Parameters, maxRows), cancellationToken);
        output.Write(result.Span);
    }

    private static async ValueTask ExecuteAsync(
        SqliteSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var statement = Read(input, SqliteJson.Default.StatementInput);
        var rows = await connection.RunAsync(session => session.Execute(statement.Sql, statement.Parameters), cancellationToken);
        Write(output, new(rows), SqliteJson.Default.ExecuteOutput);
    }

    private static async ValueTask TransactionAsync(
        SqliteSession connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var transaction = Read(input, SqliteJson.Default.TransactionInput);
        var rows = await connection.RunAsync(session => session.ExecuteAll(transaction.Statements), cancellationToken);
        Write(output, new([.. rows.Select(count => new ExecuteOutput(count))]), SqliteJson.Default.TransactionOutput);
    }

    private static T Read<T>(ReadOnlyMemory<byte> input, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(input.Span, type) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw new ConnectorException(ConnectorErrorKind.Input, $"The input does not fit at {exception.Path ?? "$"}.", wasSent: false);
        }
    }

    private static void Write<T>(IBufferWriter<byte> output, T value, JsonTypeInfo<T> type)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, value, type);
    }
}
