using System.Data;
using System.Data.Common;
using System.Text.Json;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// Makes a state of a backup, in a database that has none: all of it or nothing. The tables are made as they were; the start of a host brings
/// them forward.
/// </summary>
internal static class StateRestore
{
    /// <summary>Reads a file as a whole, before anything is done with it.</summary>
    /// <returns>Its first line.</returns>
    /// <exception cref="BackupException">It is not whole, or not of tables that this program knows.</exception>
    internal static async Task<BackupHeader> CheckAsync(Stream file, string name, CancellationToken cancellationToken)
    {
        var reader = new BackupReader(file, name);
        await reader.CheckAsync(cancellationToken);
        if (reader.Header.Schema > StateSchema.Newest)
        {
            throw new BackupException($"{name} has schema {reader.Header.Schema}, written by a newer program; this one knows schemas up to {StateSchema.Newest}.");
        }

        var tables = StateBackup.TablesOf(reader.Header.Schema);
        if (tables.Count != reader.Tables.Count
            || tables.FirstOrDefault(table => !reader.Tables.TryGetValue(table.Name, out var columns) || !columns.SequenceEqual(table.Columns.Select(column => column.Name))) is not null)
        {
            throw new BackupException($"{name} does not have the tables and columns of schema {reader.Header.Schema}.");
        }

        return reader.Header;
    }

    /// <param name="database">The database, which has not been opened as a state.</param>
    /// <param name="file">The file, at its beginning: it was checked.</param>
    /// <param name="name">What it is called in sentences.</param>
    /// <param name="schema">The version of its tables.</param>
    /// <param name="cancellationToken">Gives up; nothing is there then.</param>
    /// <returns>How many rows there are of each table.</returns>
    /// <exception cref="BackupException">The file was changed meanwhile.</exception>
    /// <exception cref="StateException">The database failed, or is not empty.</exception>
    internal static Task<IReadOnlyDictionary<string, long>> RunAsync(
        StateDatabase database, Stream file, string name, int schema, CancellationToken cancellationToken) => database.RunAsync("restored", async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await database.LockAsync(connection);
        if (await database.FindTablesAsync(connection) is { Count: > 0 } there)
        {
            throw new StateException($"The state in {database.Name} is not empty: it has the tables {string.Join(", ", there)}. Nothing was changed. Restore into another one.");
        }

        await StateSchema.CreateAsync(database, connection, schema);
        var tables = StateBackup.TablesOf(schema);

        // What the schema puts in by itself is in the file as well.
        foreach (var table in tables.Reverse())
        {
            await connection.ExecuteAsync($"DELETE FROM \"{table.Name}\"", transaction: transaction);
        }

        var rows = await InsertAsync(connection, transaction, new(file, name), tables.ToDictionary(table => table.Name, StringComparer.Ordinal), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows;
    });

    private static async Task<IReadOnlyDictionary<string, long>> InsertAsync(
        DbConnection connection, DbTransaction transaction, BackupReader reader, Dictionary<string, StateTable> tables, CancellationToken cancellationToken)
    {
        DbCommand? command = null;
        try
        {
            var table = "";
            await foreach (var row in reader.ReadAsync(cancellationToken))
            {
                if (command is null || table != row.Table)
                {
                    await (command?.DisposeAsync() ?? ValueTask.CompletedTask);
                    table = row.Table;
                    command = Insert(connection, transaction, tables[table]);
                    await command.PrepareAsync(cancellationToken);
                }

                Fill(command, tables[table], row.Values);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            return reader.Rows;
        }
        finally
        {
            await (command?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private static DbCommand Insert(DbConnection connection, DbTransaction transaction, StateTable table)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Names of the schema.
        command.CommandText =
            $"INSERT INTO \"{table.Name}\" ({StateBackup.Names(table.Columns.Select(column => column.Name))}) VALUES ({string.Join(", ", table.Columns.Select((_, i) => $"@p{i}"))})";
#pragma warning restore CA2100
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = $"p{i}";
            parameter.DbType = table.Columns[i].Type switch { "INTEGER" => DbType.Int64, "BLOB" => DbType.Binary, _ => DbType.String };
            parameter.Value = DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static void Fill(DbCommand command, StateTable table, JsonElement values)
    {
        try
        {
            for (var i = 0; i < table.Columns.Count; i++)
            {
                var value = values[i];
                command.Parameters[i].Value = value.ValueKind == JsonValueKind.Null ? DBNull.Value : table.Columns[i].Type switch
                {
                    "INTEGER" => value.GetInt64(),
                    "BLOB" => value.GetBytesFromBase64(),
                    _ => value.GetString()!,
                };
            }
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            throw new BackupException($"A row of the table '{table.Name}' has a value of another type than its column.");
        }
    }
}
