extern alias host;

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginRuntime.Host.State;
using BackupHeader = host::PluginRuntime.Host.State.BackupHeader;
using BackupReader = host::PluginRuntime.Host.State.BackupReader;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.Backup;

/// <summary>Backups that no host has made, and what is in those that one has.</summary>
internal static class BackupText
{
    /// <summary>A whole file of a version of the schema, empty but for the rows of one table.</summary>
    public static void Write(string path, int schema, string table, IEnumerable<object?[]> rows)
    {
        using var file = File.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var counts = new Dictionary<string, long>();
        Line(new { backup = BackupHeader.Format, schema, sealKeys = Array.Empty<string>(), time = DateTimeOffset.UnixEpoch });
        foreach (var known in StateBackup.TablesOf(schema))
        {
            Line(new { table = known.Name, columns = known.Columns.Select(column => column.Name) });
            counts[known.Name] = 0;
            foreach (var row in known.Name == table ? rows : [])
            {
                Line(row);
                counts[known.Name]++;
            }
        }

        Line(new { rows = counts, sha256 = Convert.ToHexStringLower(hash.GetCurrentHash()) });

        void Line(object line)
        {
            var bytes = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line) + "\n");
            hash.AppendData(bytes);
            file.Write(bytes);
        }
    }

    public static async Task<byte[]> OfAsync(StateDatabase database)
    {
        using var written = new MemoryStream();
        await new StateBackup(database, TimeProvider.System).WriteAsync(written, CancellationToken.None);
        return written.ToArray();
    }

    /// <summary>The rows of a whole file, each by its columns.</summary>
    public static async Task<ILookup<string, Dictionary<string, JsonElement>>> RowsAsync(byte[] file)
    {
        var rows = new List<(string Table, Dictionary<string, JsonElement> Values)>();
        await foreach (var row in new BackupReader(new MemoryStream(file), "The file").ReadAsync(CancellationToken.None))
        {
            rows.Add((row.Table, row.Columns.Zip(row.Values.EnumerateArray().Select(value => value.Clone())).ToDictionary()));
        }

        return rows.ToLookup(row => row.Table, row => row.Values);
    }

    public static async Task<string?> FaultAsync(byte[] file)
    {
        try
        {
            await new BackupReader(new MemoryStream(file), "The file").CheckAsync(CancellationToken.None);
            return null;
        }
        catch (host::PluginRuntime.Host.State.BackupException exception)
        {
            return exception.Message;
        }
    }
}
