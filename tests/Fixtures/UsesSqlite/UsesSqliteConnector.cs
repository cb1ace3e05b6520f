using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using PluginRuntime.Sdk;

namespace Fixtures.UsesSqlite;

/// <summary>Uses Microsoft.Data.Sqlite as most programs do, on a temporary file: its static pools, handlers and timer.</summary>
[Connector("uses-sqlite", Category = "test")]
public sealed class UsesSqliteConnector : Connector<SqliteConnection>
{
    /// <summary>Declares the action.</summary>
    public UsesSqliteConnector() => RawAction("use", UseAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override async ValueTask<SqliteConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(Path.GetTempPath(), $"uses-sqlite-{Environment.ProcessId}.db")}");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(SqliteConnection connection, CancellationToken cancellationToken) => connection.DisposeAsync();

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        SqliteConnection.ClearAllPools();
        return default;
    }

    private static async ValueTask UseAsync(
        SqliteConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "select $one";
        command.Parameters.AddWithValue("$one", 1);
        output.Write(Encoding.UTF8.GetBytes($"{(long)(await command.ExecuteScalarAsync(cancellationToken))!}"));
    }
}
