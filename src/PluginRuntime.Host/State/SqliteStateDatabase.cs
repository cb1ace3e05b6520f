using System.Data.Common;
using Microsoft.Data.Sqlite;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// A SQLite file. One connection, one user at a time; a connection that failed is thrown away. In WAL mode with full sync a commit is on
/// the disk when it returns, and a crash leaves the state before or after it.
/// </summary>
internal sealed class SqliteStateDatabase : StateDatabase
{
    private readonly string _path;
    private readonly SemaphoreSlim _using = new(1, 1);

    // Guarded by _using.
    private SqliteConnection? _connection;

    private SqliteStateDatabase(string path) => _path = path;

    internal override string Name => _path;

    /// <summary>Opens the file, made if it is not there, and brings its schema forward.</summary>
    /// <exception cref="StateException">It cannot be opened, or a newer program wrote it.</exception>
    internal static Task<StateDatabase> OpenAsync(string path) => Connect(path).OpenAsync();

    /// <summary>The file, made if it is not there, as it is.</summary>
    /// <exception cref="StateException">It cannot be made.</exception>
    internal static StateDatabase AsItIs(string path) => Connect(path);

    private static SqliteStateDatabase Connect(string path)
    {
        try
        {
            CreatePrivate(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state in {path} cannot be opened: {exception.Message}", exception);
        }

        return new(path);
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await _using.WaitAsync();
        await ThrowAwayAsync();
        _using.Dispose();
    }

    internal override string Now => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    internal override string Translate(string statement) => statement;

    // A transaction that is not deferred, as all are here, is the lock.
    internal override Task LockAsync(DbConnection connection) => Task.CompletedTask;

    // As above.
    internal override string SelectShared(string statement) => statement;

    internal override async Task ScrubAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "VACUUM";
        await command.ExecuteNonQueryAsync();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        if (await command.ExecuteScalarAsync() is not 0L)
        {
            throw new StateException($"The state in {Name} could not be cleaned of what was there unsealed: another program uses it.");
        }
    }

    internal override async Task<IReadOnlyList<string>> FindTablesAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        return await ReadNamesAsync(command);
    }

    internal override async Task<DbConnection> OpenSnapshotAsync(CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync();
        try
        {
            // It writes nothing, and so waits for nobody: the state is as it is at the first thing that is read.
            connection.BeginTransaction(deferred: true);
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
        await _using.WaitAsync();
        try
        {
            return await use(_connection ??= await ConnectAsync());
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            // What the connection still believes after a failed disk is not to be built on.
            await ThrowAwayAsync();
            throw;
        }
        finally
        {
            _using.Release();
        }
    }

    private async Task ThrowAwayAsync()
    {
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        _connection = null;
    }

    private async Task<SqliteConnection> ConnectAsync()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON";
            await command.ExecuteNonQueryAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // SQLite gives its own files beside it the same mode.
    private static void CreatePrivate(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, options).Dispose();
    }
}
