using Microsoft.Data.Sqlite;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// The SQLite file that holds the host's state. One connection, one user at a time; a connection that failed is thrown away. In WAL mode
/// with full sync a commit is on the disk when it returns, and a crash leaves the state before or after it.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    private readonly string _path;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private SqliteConnection? _connection;

    private StateDatabase(string path) => _path = path;

    /// <summary>Opens the file, made if it is not there, and brings its schema forward.</summary>
    /// <exception cref="StateException">It cannot be opened, or a newer program wrote it.</exception>
    internal static StateDatabase Open(string path)
    {
        var database = new StateDatabase(path);
        try
        {
            CreatePrivate(path);
            database.Run("opened", StateSchema.Migrate);
            return database;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state in {path} cannot be opened: {exception.Message}", exception);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The hash of the admin key; null when there is none yet.</summary>
    /// <exception cref="StateException">It cannot be read.</exception>
    internal byte[]? ReadKeyHash() => Run("read", connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT hash FROM admin_key";
        return command.ExecuteScalar() as byte[];
    });

    /// <summary>Replaces the hash of the admin key.</summary>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal void WriteKeyHash(byte[] hash) => Run("saved", connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO admin_key (id, hash) VALUES (1, $hash) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash";
        command.Parameters.AddWithValue("$hash", hash);
        return command.ExecuteNonQuery();
    });

    /// <exception cref="StateException">What <paramref name="use"/> did failed; nothing of it is kept.</exception>
    internal T Run<T>(string verb, Func<SqliteConnection, T> use)
    {
        lock (_lock)
        {
            try
            {
                return use(_connection ??= Connect());
            }
            catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
            {
                // What the connection still believes after a failed disk is not to be built on.
                _connection?.Dispose();
                _connection = null;
                throw new StateException($"The state in {_path} could not be {verb}: {exception.Message}", exception);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connection?.Dispose();
            _connection = null;
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
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
