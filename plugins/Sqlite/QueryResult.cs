using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Connectors.Sql;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>Writes a statement's rows as JSON, within bounds of rows and bytes.</summary>
internal static class QueryResult
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static ReadOnlyMemory<byte> Read(SqliteStatement statement, int maxRows)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Options);
        var columns = SqlActions.ColumnKeys(
            [.. Enumerable.Range(0, raw.sqlite3_column_count(statement.Handle)).Select(index => raw.sqlite3_column_name(statement.Handle, index).utf8_to_string())]);
        writer.WriteStartObject();
        writer.WriteStartArray("columns");
        foreach (var column in columns)
        {
            writer.WriteStringValue(column);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        var truncated = false;
        for (var rows = 0; statement.Step(); rows++)
        {
            if (rows == maxRows || writer.BytesCommitted + writer.BytesPending + SizeOf(statement.Handle, columns) > SqlActions.MaxBytes)
            {
                truncated = true;
                break;
            }

            WriteRow(writer, statement.Handle, columns);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("truncated", truncated);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static long SizeOf(sqlite3_stmt statement, List<string> columns)
    {
        long size = 0;
        for (var index = 0; index < columns.Count; index++)
        {
            // Column types decide first: asking a number for its bytes would turn it into text.
            size += columns[index].Length + raw.sqlite3_column_type(statement, index) switch
            {
                raw.SQLITE_TEXT => raw.sqlite3_column_bytes(statement, index),
                raw.SQLITE_BLOB => raw.sqlite3_column_bytes(statement, index) / 3L * 4,
                _ => 8,
            };
        }

        return size;
    }

    private static void WriteRow(Utf8JsonWriter writer, sqlite3_stmt statement, List<string> columns)
    {
        writer.WriteStartObject();
        for (var index = 0; index < columns.Count; index++)
        {
            writer.WritePropertyName(columns[index]);
            switch (raw.sqlite3_column_type(statement, index))
            {
                case raw.SQLITE_INTEGER:
                    writer.WriteNumberValue(raw.sqlite3_column_int64(statement, index));
                    break;
                case raw.SQLITE_FLOAT:
                    WriteDouble(writer, raw.sqlite3_column_double(statement, index));
                    break;
                case raw.SQLITE_TEXT:
                    // As text first, which makes it UTF-8 in any database; then by length, because texts may hold NUL.
                    raw.sqlite3_column_text(statement, index);
                    writer.WriteStringValue(raw.sqlite3_column_blob(statement, index));
                    break;
                case raw.SQLITE_BLOB:
                    writer.WriteBase64StringValue(raw.sqlite3_column_blob(statement, index));
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>JSON has no infinity. SQLite's own JSON functions write a number that is too large for any double.</summary>
    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteRawValue(value > 0 ? "9e999"u8 : "-9e999"u8);
        }
    }
}
