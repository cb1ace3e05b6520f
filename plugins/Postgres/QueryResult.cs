using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Writes a statement's rows as JSON, within bounds of rows and bytes. A value that is too large is not even read.</summary>
internal static class QueryResult
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static async Task<(ReadOnlyMemory<byte> Json, bool IsTruncated)> ReadAsync(
        NpgsqlDataReader reader, int maxRows, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var row = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(buffer, Options);
        await using var rowWriter = new Utf8JsonWriter(row, Options);
        var columns = SqlActions.ColumnKeys([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)]);
        var types = Enumerable.Range(0, reader.FieldCount).Select(reader.GetDataTypeOID).ToArray();
        writer.WriteStartObject();
        writer.WriteStartArray("columns");
        foreach (var column in columns)
        {
            writer.WriteStringValue(column);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        var isTruncated = false;
        for (var rows = 0; await reader.ReadAsync(cancellationToken); rows++)
        {
            var space = SqlActions.MaxBytes - writer.BytesCommitted - writer.BytesPending;
            if (rows == maxRows || !await WriteRowAsync(reader, columns, types, rowWriter, space, cancellationToken) || rowWriter.BytesCommitted > space)
            {
                isTruncated = true;
                break;
            }

            writer.WriteRawValue(row.WrittenSpan, skipInputValidation: true);
            rowWriter.Reset();
            row.ResetWrittenCount();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("truncated", isTruncated);
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
        return (buffer.WrittenMemory, isTruncated);
    }

    /// <returns>Whether the row had its space.</returns>
    private static async Task<bool> WriteRowAsync(
        NpgsqlDataReader reader, List<string> columns, uint[] types, Utf8JsonWriter writer, long space, CancellationToken cancellationToken)
    {
        writer.WriteStartObject();
        for (var index = 0; index < columns.Count; index++)
        {
            writer.WritePropertyName(columns[index]);
            if (await reader.IsDBNullAsync(index, cancellationToken))
            {
                writer.WriteNullValue();
                continue;
            }

            await using var stream = await reader.GetStreamAsync(index, cancellationToken);

            // Two digits of a byte's text become less than two characters of Base64.
            var length = types[index] == PostgresTypes.Bytea ? stream.Length * 2 / 3 : stream.Length;
            if (writer.BytesCommitted + writer.BytesPending + length > space)
            {
                return false;
            }

            var value = ArrayPool<byte>.Shared.Rent((int)stream.Length);
            try
            {
                var text = value.AsMemory(0, (int)stream.Length);
                await stream.ReadExactlyAsync(text, cancellationToken);
                PostgresTypes.Write(writer, types[index], text.Span);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(value);
            }
        }

        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
        return true;
    }
}
