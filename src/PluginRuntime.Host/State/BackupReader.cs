using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace PluginRuntime.Host.State;

/// <summary>
/// Reads a backup: a header, the rows by table, and a last line with the number of rows of each table and the SHA-256 of all before it. What is
/// read counts only once the last row was: the last line is checked after it.
/// </summary>
/// <param name="file">The file; it is not closed.</param>
/// <param name="name">What it is called in sentences.</param>
internal sealed class BackupReader(Stream file, string name)
{
    private const int ReadAtOnce = 1024 * 1024;
    private const int LongestLine = 256 * 1024 * 1024;

    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _tables = new(StringComparer.Ordinal);
    private BackupHeader? _header;
    private string? _table;
    private bool _isWhole;
    private long _line;

    /// <summary>The first line; there as soon as a row was read, or all of it.</summary>
    internal BackupHeader Header => _header ?? throw new InvalidOperationException("Nothing was read yet.");

    /// <summary>How many rows there were of each table.</summary>
    internal IReadOnlyDictionary<string, long> Rows => _rows;

    /// <summary>The columns of each table.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> Tables => _tables;

    /// <summary>Reads all of it, for nothing but to find out whether it is whole.</summary>
    /// <exception cref="BackupException">It is not.</exception>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in ReadAsync(cancellationToken))
        {
        }
    }

    /// <summary>Reads all rows, once.</summary>
    /// <exception cref="BackupException">It is not whole: maybe after the last row only.</exception>
    internal async IAsyncEnumerable<BackupRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pipe = PipeReader.Create(file, new(bufferSize: ReadAtOnce, minimumReadSize: ReadAtOnce / 4, leaveOpen: true));
        bool isEnd;
        do
        {
            var result = await pipe.ReadAsync(cancellationToken);
            var left = result.Buffer;
            isEnd = result.IsCompleted;
            while (left.PositionOf((byte)'\n') is { } end)
            {
                var line = left.Slice(0, left.GetPosition(1, end));
                left = left.Slice(line.End);
                _line++;
                using var json = Parse(line);
                if (IsRow(json.RootElement, hash))
                {
                    yield return new(_table!, _tables[_table!], json.RootElement);
                }

                foreach (var part in line)
                {
                    hash.AppendData(part.Span);
                }
            }

            if (left.Length > (isEnd ? 0 : LongestLine))
            {
                throw Broken("it ends in the middle of a line, or the line is too long");
            }

            pipe.AdvanceTo(left.Start, left.End);
        }
        while (!isEnd);

        await pipe.CompleteAsync();
        if (!_isWhole)
        {
            throw new BackupException($"{name} is cut off after line {_line}: it lacks its last line.");
        }
    }

    private bool IsRow(JsonElement line, IncrementalHash before)
    {
        try
        {
            return Take(line, before);
        }
        catch (InvalidOperationException)
        {
            throw Broken("a text is no UTF-8");
        }
    }

    /// <returns>Whether it is a row.</returns>
    private bool Take(JsonElement line, IncrementalHash before)
    {
        if (_isWhole)
        {
            throw Broken("there is something after the last line");
        }

        if (line.ValueKind == JsonValueKind.Array)
        {
            return _table is not null && line.GetArrayLength() == _tables[_table].Count && ++_rows[_table] > 0 ? true : throw Broken("it is no row of a table");
        }

        if (_header is null)
        {
            TakeHeader(line);
        }
        else if (Property(line, "table") is { ValueKind: JsonValueKind.String } table)
        {
            _table = table.GetString()!;
            if (!_tables.TryAdd(_table, Texts(Property(line, "columns"))))
            {
                throw Broken($"the table '{_table}' is there twice");
            }

            _rows[_table] = 0;
        }
        else
        {
            TakeLast(line, before);
        }

        return false;
    }

    private void TakeHeader(JsonElement line)
    {
        if (Number(Property(line, "backup")) is not { } format)
        {
            throw new BackupException($"{name} is no backup of a state: it does not begin as one.");
        }

        if (format > BackupHeader.Format)
        {
            throw new BackupException($"{name} has format {format}, written by a newer program; this one knows formats up to {BackupHeader.Format}.");
        }

        _header = Number(Property(line, "schema")) is { } schema and >= 1 && Property(line, "time") is { ValueKind: JsonValueKind.String } time && time.TryGetDateTimeOffset(out var begun)
            ? new(format, schema, Texts(Property(line, "sealKeys")), begun)
            : throw Broken("it is no first line of a backup");
    }

    private void TakeLast(JsonElement line, IncrementalHash before)
    {
        if (Property(line, "sha256") is not { ValueKind: JsonValueKind.String } sha256 || Property(line, "rows") is not { ValueKind: JsonValueKind.Object } rows)
        {
            throw Broken("it is neither a table, nor a row, nor the last line");
        }

        if (sha256.GetString() != Convert.ToHexStringLower(before.GetCurrentHash()))
        {
            throw new BackupException($"{name} was changed: its content is not the one that its last line has the SHA-256 of.");
        }

        _isWhole = rows.EnumerateObject().Count() == _rows.Count
            && rows.EnumerateObject().All(table => table.Value.ValueKind == JsonValueKind.Number && table.Value.TryGetInt64(out var count) && _rows.TryGetValue(table.Name, out var read) && read == count)
                ? true
                : throw Broken("it does not have the numbers of rows that are there");
    }

    private JsonDocument Parse(ReadOnlySequence<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            // Its message would quote the line.
            throw Broken(_line == 1 ? "it is no JSON: this is no backup of a state" : "it is no JSON");
        }
    }

    private IReadOnlyList<string> Texts(JsonElement? list) =>
        list is { ValueKind: JsonValueKind.Array } array && array.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)
            ? [.. array.EnumerateArray().Select(text => text.GetString()!)]
            : throw Broken("a list is missing");

    private static int? Number(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var parsed) ? parsed : null;

    private static JsonElement? Property(JsonElement line, string property) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty(property, out var value) ? value : null;

    private BackupException Broken(string what) => new($"{name} is broken at line {_line}: {what}.");
}
