using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// A PostgreSQL database. A connection from the pool is asked first whether it still lives, and replaced when the server has dropped it: so a
/// statement is sent once and never again, whatever it is, and the first after a restart of the server does not fail. A server that does
/// not answer is given up on.
/// </summary>
internal sealed class PostgresStateDatabase : StateDatabase
{
    // Any number does, as long as all hosts mean the same.
    private const long SchemaLock = 0x506C_7567_696E_5253;

    // While others change the schema.
    private const int SchemaLockSeconds = 30;

    private const string Channel = "pluginruntime";

    /// <summary>What a notice that got lost costs.</summary>
    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _pool;
    private readonly string _alone;

    // Of the one that waits.
    private NpgsqlConnection? _listening;

    private PostgresStateDatabase(NpgsqlConnectionStringBuilder server, NpgsqlDataSource pool)
    {
        _pool = pool;
        _alone = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 10,
            TargetSessionAttributes = server.Host!.Contains(',', StringComparison.Ordinal) ? "primary" : null,
        }.ConnectionString;
        Name = $"database '{server.Database ?? server.Username}' on {server.Host}{(server.Host!.Contains(',', StringComparison.Ordinal) ? "" : string.Create(CultureInfo.InvariantCulture, $":{server.Port}"))}";
    }

    internal override string Name { get; }

    /// <summary>Connects, and brings the schema forward.</summary>
    /// <param name="server">Of several hosts the primary one is used.</param>
    /// <exception cref="StateException">It cannot be opened, or a newer program wrote it.</exception>
    internal static Task<StateDatabase> OpenAsync(NpgsqlConnectionStringBuilder server) => Connect(server).OpenAsync();

    /// <summary>The database, as it is.</summary>
    internal static StateDatabase AsItIs(NpgsqlConnectionStringBuilder server) => Connect(server);

    private static PostgresStateDatabase Connect(NpgsqlConnectionStringBuilder server)
    {
        var builder = new NpgsqlDataSourceBuilder(server.ConnectionString);
        return new(
            server,
            server.Host!.Contains(',', StringComparison.Ordinal) ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build());
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await EndListeningAsync();
        await _pool.DisposeAsync();
    }

    internal override string Now => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

    internal override string Translate(string statement) => statement
        .Replace(" INTEGER ", " BIGINT ", StringComparison.Ordinal)
        .Replace(" BLOB ", " BYTEA ", StringComparison.Ordinal)
        .Replace(") STRICT", ")", StringComparison.Ordinal);

    internal override async Task LockAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({SchemaLock})");
        command.CommandTimeout = SchemaLockSeconds;
        await command.ExecuteNonQueryAsync();
    }

    internal override async Task NotifyAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"NOTIFY {Channel}";
        await command.ExecuteNonQueryAsync();
    }

    internal override async Task WaitForNoticeAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_listening is null)
            {
                _listening = new(_alone);
                await _listening.OpenAsync(cancellationToken);
                await using var command = _listening.CreateCommand();
                command.CommandText = $"LISTEN {Channel}";
                await command.ExecuteNonQueryAsync(cancellationToken);

                // What came before it listened.
                return;
            }

            await _listening.WaitAsync(_poll, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && (IsFailure(exception) || exception is InvalidOperationException))
        {
            await EndListeningAsync();
            throw new StateException($"Changes to the state in {Name} cannot be waited for: {Why(exception)}", exception);
        }
    }

    internal override string SelectShared(string statement) => statement + " FOR SHARE";

    // Nothing was ever there unsealed.
    internal override Task ScrubAsync(DbConnection connection) => Task.CompletedTask;

    internal override async Task<IReadOnlyList<string>> FindTablesAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY tablename";
        return await ReadNamesAsync(command);
    }

    internal override async Task<DbConnection> OpenSnapshotAsync(CancellationToken cancellationToken)
    {
        // Not of the pool, which is small, and this may take as long as a client takes to read.
        var connection = new NpgsqlConnection(_alone);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "SET TRANSACTION READ ONLY";
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private protected override async Task<T> UseAsync<T>(Func<DbConnection, Task<T>> use)
    {
        await using var connection = await ConnectAsync();
        return await use(connection);
    }

    private protected override bool IsFailure(Exception exception) => exception is TimeoutException or SocketException or CryptographicException || base.IsFailure(exception);

    private protected override string Why(Exception exception) => exception switch
    {
        // Its message goes on over several lines.
        PostgresException refused => $"{refused.MessageText} ({refused.SqlState})",
        TimeoutException or { InnerException: TimeoutException } => "The server does not answer.",
        { InnerException: { } inner } => $"{exception.Message}: {inner.Message}",
        _ => exception.Message,
    };

    private async Task EndListeningAsync()
    {
        await (_listening?.DisposeAsync() ?? ValueTask.CompletedTask);
        _listening = null;
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = await _pool.OpenConnectionAsync();
        try
        {
            await AskAsync(connection);
            return connection;
        }
        catch (NpgsqlException exception) when (exception.InnerException is not TimeoutException)
        {
            // The others in the pool are as old.
            await connection.DisposeAsync();
            _pool.Clear();
            return await _pool.OpenConnectionAsync();
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task AskAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteNonQueryAsync();
    }
}
