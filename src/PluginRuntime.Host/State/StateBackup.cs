using System.Buffers;
using System.Collections.Frozen;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Host.State;

/// <summary>
/// Writes the whole state as lines of JSON, the same whatever database keeps it, as it was at one moment, while hosts go on writing. What is
/// sealed stays sealed.
/// </summary>
internal sealed class StateBackup(StateDatabase database, TimeProvider timeProvider)
{
    private const int WrittenAtOnce = 64 * 1024;

    // A server that sorts a large table first.
    private const int SecondsToRead = 60;

    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Tables that stay behind. Who lives, who has what lease and what is being authorized is over when the file is read. Events are what each host tells of itself, under
    /// numbers that clients go on from: another host would not read them, and the same one would give the numbers after them twice.
    /// </summary>
    internal static FrozenSet<string> LeftOut { get; } = FrozenSet.Create(StringComparer.Ordinal, "host", "lease", "event", "event_mark", "host_event", "host_event_mark", "pending_authorization");

    // A request that is under way ends on the host that has it.
    private static readonly FrozenDictionary<string, string> _only =
        new Dictionary<string, string> { ["idempotent_request"] = "ended IS NOT NULL" }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The tables of a version of the schema that are in a backup.</summary>
    internal static IReadOnlyList<StateTable> TablesOf(int version) => [.. StateTables.Of(version).Where(table => !LeftOut.Contains(table.Name))];

    /// <summary>Writes all of it. What fails before the end leaves a file without its last line.</summary>
    /// <exception cref="Management.StateException">The database failed.</exception>
    internal Task WriteAsync(Stream output, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async connection =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new ArrayBufferWriter<byte>(WrittenAtOnce);
            await using var json = new Utf8JsonWriter(buffer, _json);
            var header = new BackupHeader(BackupHeader.Format, StateSchema.Newest, await SealKeys.ReadAsync(connection) ?? [], timeProvider.GetUtcNow());
            Line(buffer, json, hash, () => JsonSerializer.Serialize(json, header, HostJson.Options));
            var rows = new Dictionary<string, long>();
            foreach (var table in TablesOf(StateSchema.Newest))
            {
                Line(buffer, json, hash, () => JsonSerializer.Serialize(json, new { table = table.Name, columns = table.Columns.Select(column => column.Name) }, HostJson.Options));
                rows[table.Name] = 0;
                await using var command = Select(connection, table);
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                {
                    Line(buffer, json, hash, () => WriteRow(json, table, reader));
                    rows[table.Name]++;
                    if (buffer.WrittenCount >= WrittenAtOnce)
                    {
                        await FlushAsync(output, buffer, cancellationToken);
                    }
                }
            }

            Line(buffer, json, hash, () => JsonSerializer.Serialize(json, new { rows, sha256 = Convert.ToHexStringLower(hash.GetCurrentHash()) }, HostJson.Options));
            await FlushAsync(output, buffer, cancellationToken);
        },
        cancellationToken);

    private static void Line(ArrayBufferWriter<byte> buffer, Utf8JsonWriter json, IncrementalHash hash, Action write)
    {
        var start = buffer.WrittenCount;
        json.Reset();
        write();
        json.Flush();
        buffer.Write("\n"u8);
        hash.AppendData(buffer.WrittenSpan[start..]);
    }

    private static void WriteRow(Utf8JsonWriter json, StateTable table, DbDataReader reader)
    {
        json.WriteStartArray();
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (reader.IsDBNull(i))
            {
                json.WriteNullValue();
                continue;
            }

            switch (table.Columns[i].Type)
            {
                case "INTEGER":
                    json.WriteNumberValue(reader.GetInt64(i));
                    break;
                case "BLOB":
                    json.WriteBase64StringValue(reader.GetFieldValue<byte[]>(i));
                    break;
                default:
                    json.WriteStringValue(reader.GetString(i));
                    break;
            }
        }

        json.WriteEndArray();
    }

    private static async Task FlushAsync(Stream output, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        await output.WriteAsync(buffer.WrittenMemory, cancellationToken);
        buffer.ResetWrittenCount();
    }

    private static DbCommand Select(DbConnection connection, StateTable table)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of the schema, constant texts of this class.
        command.CommandText =
            $"SELECT {Names(table.Columns.Select(column => column.Name))} FROM \"{table.Name}\"{(_only.TryGetValue(table.Name, out var only) ? " WHERE " + only : "")} ORDER BY {Names(table.Key)}";
#pragma warning restore CA2100
        command.CommandTimeout = SecondsToRead;
        return command;
    }

    internal static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(column => $"\"{column}\""));
}
