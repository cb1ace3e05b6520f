using System.Data;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using PluginRuntime.Connectors.Sql;
using PluginRuntime.Sdk;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>One connection to the database file. It serves one call at a time, and keeps nothing from one call to the next.</summary>
public sealed class SqliteSession : IAsyncDisposable
{
    /// <summary>Bounds what one value or row can take of the host's memory, in bytes.</summary>
    private const int MaxLength = 64 * 1024 * 1024;

    /// <summary>How many steps of SQLite's machine lie between two looks at the token: some microseconds.</summary>
    private const int StepsBetweenLooks = 1000;

    private static readonly TimeSpan BusyPoll = TimeSpan.FromMilliseconds(5);

    private readonly SqliteConnection _connection;
    private readonly TimeSpan _busyTimeout;
    private readonly TimeProvider _timeProvider;
    private CancellationToken _cancellationToken;
    private string? _file;

    private SqliteSession(SqliteConnection connection, TimeSpan busyTimeout, TimeProvider timeProvider)
    {
        _connection = connection;
        _busyTimeout = busyTimeout;
        _timeProvider = timeProvider;
    }

    internal sqlite3 Handle => _connection.Handle!;

    internal StatementRules Rules { get; } = new();

    /// <inheritdoc />
    public ValueTask DisposeAsync() =>

        // The last connection to a file writes its log back, which may take a while.
        new(Task.Run(Close));

    internal static async ValueTask<SqliteSession> OpenAsync(
        string path, TimeSpan busyTimeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            ForeignKeys = true,
        };
        var session = new SqliteSession(new(text.ToString()), busyTimeout, timeProvider);
        try
        {
            session._file = OpenFiles.Enter(path);
            await session.RunAsync(opening => opening.Open(path), cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs work on a thread of the pool, and again while another connection is in its way, until the busy timeout.</summary>
    /// <exception cref="ConnectorException">The work failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and the work stopped.</exception>
    internal async ValueTask<T> RunAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        var started = _timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                return await Task.Run(() => RunOnce(work, cancellationToken), cancellationToken);
            }
            catch (DatabaseBusyException exception)
            {
                if (_timeProvider.GetElapsedTime(started) >= _busyTimeout)
                {
                    throw new ConnectorException(ConnectorErrorKind.Unavailable, exception.Message, wasSent: false);
                }
            }

            // Here and not in SQLite, whose own wait neither sees the token nor gives back the thread.
            await Task.Delay(BusyPoll, _timeProvider, cancellationToken);
        }
    }

    internal ReadOnlyMemory<byte> Query(string sql, JsonElement? parameters, int maxRows)
    {
        using var statement = SqliteStatement.Prepare(this, sql, parameters);
        return statement.IsReadOnly
            ? QueryResult.Read(statement, maxRows)
            : throw SqliteFailure.Input("The statement writes, and 'query' only reads: use the action 'execute'.");
    }

    /// <returns>How many rows the statement itself inserted, changed or deleted.</returns>
    internal int Execute(string sql, JsonElement? parameters)
    {
        using var statement = SqliteStatement.Prepare(this, sql, parameters);
        var before = raw.sqlite3_total_changes(Handle);
        while (statement.Step())
        {
        }

        // The count of changes is that of the last statement that made any, which may have been an earlier one.
        return raw.sqlite3_total_changes(Handle) == before ? 0 : raw.sqlite3_changes(Handle);
    }

    internal List<int> ExecuteAll(IReadOnlyList<StatementInput> statements)
    {
        // The lock to write at once: taken later, by a statement in the middle, it could fail where waiting does not help.
        ExecuteOwn("BEGIN IMMEDIATE");
        var results = new List<int>(statements.Count);
        for (var index = 0; index < statements.Count; index++)
        {
            try
            {
                results.Add(Execute(statements[index].Sql, statements[index].Parameters));
            }
            catch (ConnectorException exception)
            {
                throw SqlActions.InTransaction(exception, index, statements.Count);
            }
        }

        ExecuteOwn("COMMIT");
        return results;
    }

    internal Exception Failure(int code, string? message = null) =>
        SqliteFailure.Create(code, message ?? raw.sqlite3_errmsg(Handle).utf8_to_string(), _cancellationToken);

    private void Close()
    {
        _connection.Dispose();
        if (Interlocked.Exchange(ref _file, null) is { } file)
        {
            OpenFiles.Leave(file);
        }
    }

    private T RunOnce<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        try
        {
            // Disposing the registration waits for a running interrupt, so that none hits the next call.
            using (cancellationToken.UnsafeRegister(static state => ((SqliteSession)state!).Interrupt(), this))
            {
                return work(this);
            }
        }
        finally
        {
            // From here on nothing interrupts: what a failed call left open has to go.
            _cancellationToken = default;
            RollBack();
        }
    }

    private void Interrupt()
    {
        // Null until the connection is open.
        if (_connection.Handle is { } handle)
        {
            raw.sqlite3_interrupt(handle);
        }
    }

    private bool Open(string path)
    {
        try
        {
            // Open already when a lock was in the way of what follows, and this is another try.
            if (_connection.State != ConnectionState.Open)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                _connection.Open();
            }
        }
        catch (SqliteException exception)
        {
            throw SqliteFailure.Create(exception.SqliteErrorCode, raw.sqlite3_errstr(exception.SqliteErrorCode).utf8_to_string(), _cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConnectorException(ConnectorErrorKind.Unavailable, "The database's directory cannot be created.", wasSent: false);
        }

        raw.sqlite3_limit(Handle, raw.SQLITE_LIMIT_LENGTH, MaxLength);
        raw.sqlite3_limit(Handle, raw.SQLITE_LIMIT_SQL_LENGTH, SqlActions.MaxSqlLength);

        // ATTACH and VACUUM INTO would reach any file that the host can.
        raw.sqlite3_limit(Handle, raw.SQLITE_LIMIT_ATTACHED, 0);
        raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);

        // An interrupt that comes just before a statement starts is lost. The handler is what such a statement meets.
        raw.sqlite3_progress_handler(
            Handle, StepsBetweenLooks, static state => ((SqliteSession)state)._cancellationToken.IsCancellationRequested ? 1 : 0, this);
        raw.sqlite3_set_authorizer(
            Handle, (delegate_authorizer)((state, action, first, second, _, _) => ((StatementRules)state).Authorize(action, first, second)), Rules);
        ExecuteOwn("PRAGMA journal_mode = WAL");
        return true;
    }

    private void RollBack()
    {
        if (_connection.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0)
        {
            ExecuteOwn("ROLLBACK");
        }
    }

    private void ExecuteOwn(string sql)
    {
        Rules.Off = true;
        try
        {
            Execute(sql, null);
        }
        finally
        {
            Rules.Off = false;
        }
    }
}
