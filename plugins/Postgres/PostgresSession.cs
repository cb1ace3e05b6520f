using System.Data;
using Npgsql;
using PluginRuntime.Connectors.Sql;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>One connection to the database. It serves one call at a time, and keeps nothing from one call to the next.</summary>
public sealed class PostgresSession : IAsyncDisposable
{
    /// <summary>How long a cancelled call gets to end in order. Shorter than the time after which a host gives a call up.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnection _connection;
    private readonly TimeProvider _timeProvider;
    private Task _running = Task.CompletedTask;
    private bool _isBroken;
    private bool _wasSent;

    private PostgresSession(NpgsqlConnection connection, TimeProvider timeProvider)
    {
        _connection = connection;
        _timeProvider = timeProvider;
    }

    /// <summary>Closes the connection; one that something still uses, when that has ended. Never waits for the server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_running.IsCompleted)
        {
            await _connection.DisposeAsync();
            return;
        }

        Observe(_running.ContinueWith(
            static (_, state) => ((NpgsqlConnection)state!).DisposeAsync().AsTask(), _connection, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
            .Unwrap());
    }

    internal static async ValueTask<PostgresSession> OpenAsync(
        NpgsqlDataSource dataSource, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var session = new PostgresSession(dataSource.CreateConnection(), timeProvider);
        try
        {
            await session.RunAsync(
                async token =>
                {
                    await session._connection.OpenAsync(token);
                    return true;
                },
                hidesValues: false,
                cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>One round trip.</summary>
    internal Task PingAsync(CancellationToken cancellationToken) => RunAsync(token => DoAsync(token, "SELECT 1"), hidesValues: false, cancellationToken);

    /// <summary>
    /// Runs one statement in a transaction that cannot write and is rolled back in any case. The protocol carries one statement, so its
    /// text cannot end the transaction first.
    /// </summary>
    /// <returns>UTF-8 JSON.</returns>
    internal Task<ReadOnlyMemory<byte>> QueryAsync(Statement statement, int maxRows, CancellationToken cancellationToken) => RunAsync(
        async token =>
        {
            await DoAsync(token, "BEGIN READ ONLY");
            _wasSent = true;
            try
            {
                return await ReadAsync(statement, maxRows, token);
            }
            catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
            {
                throw SqlActions.Input("The statement writes, and 'query' only reads: use the action 'execute'.");
            }
            finally
            {
                await ResetAsync(token, "ROLLBACK", "DISCARD ALL");
            }
        },
        statement.HasParameters,
        cancellationToken);

    /// <returns>How many rows the statement inserted, changed or deleted.</returns>
    internal Task<long> ExecuteAsync(Statement statement, CancellationToken cancellationToken) => RunAsync(
        async token =>
        {
            _wasSent = true;
            try
            {
                return await WriteAsync(statement, token);
            }
            catch (PostgresException failure) when (IsStopped(failure) && StatementRules.IsAllOrNothing(statement))
            {
                // The server ended the session before the statement had ended; most often while the connection was idle.
                _wasSent = false;
                throw;
            }
            finally
            {
                await ResetAsync(token, "DISCARD ALL");
            }
        },
        statement.HasParameters,
        cancellationToken);

    /// <returns>As <see cref="ExecuteAsync"/>, for each statement.</returns>
    internal Task<List<long>> ExecuteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken) => RunAsync(
        async token =>
        {
            await DoAsync(token, "BEGIN");
            string[] reset = ["ROLLBACK", "DISCARD ALL"];
            try
            {
                var results = await WriteAllAsync(statements, token);

                // Until here the server rolls back whatever happens.
                _wasSent = true;
                reset = ["DISCARD ALL"];
                await DoAsync(token, "COMMIT");
                return results;
            }
            finally
            {
                await ResetAsync(token, reset);
            }
        },
        statements.Any(statement => statement.HasParameters),
        cancellationToken);

    private static bool IsStopped(PostgresException failure) => failure.SqlState.StartsWith("57P", StringComparison.Ordinal);

    private static void Observe(Task task) =>
        task.ContinueWith(
            static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>
    /// On another thread: to cancel, Npgsql opens a connection and waits for the server, which may be long. One of the pool's, as these do not
    /// end: a thread that ends after it ran code of a connector that is being unloaded is what .NET 10 does not survive.
    /// </summary>
    private static Task CancelAsync(Action cancel)
    {
        var cancelling = Task.Run(cancel, CancellationToken.None);
        Observe(cancelling);
        return cancelling;
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(Statement statement, int maxRows, CancellationToken cancellationToken)
    {
        await using var command = CommandFor(statement);
        var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        var isAtEnd = false;
        try
        {
            var (json, isTruncated) = await QueryResult.ReadAsync(reader, maxRows, cancellationToken);
            isAtEnd = !isTruncated;
            return json;
        }
        finally
        {
            if (!isAtEnd)
            {
                // Disposing a reader reads the rest, which nobody wants.
                await CancelAsync(command.Cancel);
            }

            await DisposeAsync(reader);
        }
    }

    private static async Task DisposeAsync(NpgsqlDataReader reader)
    {
        try
        {
            await reader.DisposeAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            // The rest was cancelled, as asked.
        }
    }

    private async Task<long> WriteAsync(Statement statement, CancellationToken cancellationToken)
    {
        await using var command = CommandFor(statement);
        return Math.Max(0, await command.ExecuteNonQueryAsync(cancellationToken));
    }

    private async Task<List<long>> WriteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        var results = new List<long>(statements.Count);
        foreach (var statement in statements)
        {
            try
            {
                results.Add(await WriteAsync(statement, cancellationToken));
            }
            catch (NpgsqlException failure)
            {
                throw SqlActions.InTransaction(PostgresFailure.Create(failure, wasSent: false, statement.HasParameters), results.Count, statements.Count);
            }
        }

        return results;
    }

    private NpgsqlCommand CommandFor(Statement statement)
    {
        var command = new NpgsqlCommand(statement.Text, _connection) { AllResultTypesAreUnknown = true };
        foreach (var parameter in statement.Parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Statements of our own, in one round trip. In a batch Npgsql sends texts as they are.</summary>
    private async Task<bool> DoAsync(CancellationToken cancellationToken, params string[] texts)
    {
        await using var batch = new NpgsqlBatch(_connection) { EnableErrorBarriers = true };
        foreach (var text in texts)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(text));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>
    /// Takes back what the call did to its session: settings, temporary objects, locks, prepared statements, channels. What the call came
    /// to is known by now, so a failure here only ends the connection.
    /// </summary>
    private async Task ResetAsync(CancellationToken cancellationToken, params string[] texts)
    {
        try
        {
            await DoAsync(cancellationToken, texts);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException or InvalidOperationException)
        {
            _isBroken = true;
        }
    }

    /// <summary>Runs work that ends by the token whether the server answers or not.</summary>
    /// <exception cref="ConnectorException">The work failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The session is of no more use.</exception>
    private async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, bool hidesValues, CancellationToken cancellationToken)
    {
        if (_isBroken)
        {
            throw new ConnectorException(ConnectorErrorKind.Unavailable, "The connection was lost before.", wasSent: false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _wasSent = false;

        // Not disposed: work that does not end may still use it.
        var interruption = new CancellationTokenSource();
        var running = work(interruption.Token);
        _running = running;
        using var registration = cancellationToken.UnsafeRegister(
            static state => _ = CancelAsync(((CancellationTokenSource)state!).Cancel), interruption);
        try
        {
            return await running.WaitAsync(cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            _isBroken = true;
            await Task.WhenAny(running, Task.Delay(Grace, _timeProvider, CancellationToken.None));
            Observe(running);
            return running.IsCompletedSuccessfully ? await running : throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            _isBroken |= _connection.FullState != ConnectionState.Open;
            if (exception is NpgsqlException or ConnectorException or TimeoutException or IOException)
            {
                throw PostgresFailure.Create(exception, _wasSent, hidesValues);
            }

            _isBroken = true;
            throw;
        }
    }
}
