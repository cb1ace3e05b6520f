using System.Buffers;
using System.Text;
using Npgsql;
using PluginRuntime.Sdk;

namespace Fixtures.UsesNpgsql;

/// <summary>
/// Uses Npgsql as most programs do: its static pools, handlers, timers and meters. The server is what the process-wide datum
/// <c>uses.postgres</c> says; without one a connection is tried for in vain.
/// </summary>
[Connector("uses-npgsql", Category = "test")]
public sealed class UsesNpgsqlConnector : Connector<NpgsqlConnection>
{
    /// <summary>Declares the action.</summary>
    public UsesNpgsqlConnector() => RawAction("use", UseAsync, new() { Idempotent = true });

    private static string? Server => (string?)AppContext.GetData("uses.postgres");

    /// <inheritdoc />
    protected override async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Server ?? "Host=127.0.0.1;Port=1;Username=nobody;Timeout=1");
        try
        {
            await connection.OpenAsync(cancellationToken);
        }
        catch (NpgsqlException) when (Server is null)
        {
            // All of Npgsql has come up by now.
        }

        return connection;
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.DisposeAsync();

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection.ClearAllPools();
        return default;
    }

    private static async ValueTask UseAsync(
        NpgsqlConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var answer = 1;
        if (Server is not null)
        {
            await using var command = new NpgsqlCommand("select $1 + 0", connection) { Parameters = { new() { Value = 1 } } };
            answer = (int)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        output.Write(Encoding.UTF8.GetBytes($"{answer}"));
    }
}
