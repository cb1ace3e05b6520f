using System.Data.Common;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// The database that holds the host's state: a SQLite file, or PostgreSQL. Statements are written once, in the words that both understand;
/// what differs is here.
/// </summary>
internal abstract class StateDatabase : IAsyncDisposable
{
    /// <summary>Which one it is, in sentences: <c>the state in …</c>. Holds nothing that is secret.</summary>
    internal abstract string Name { get; }

    /// <summary>Runs statements on a connection, which nobody else uses meanwhile.</summary>
    /// <param name="verb">What could not be done to the state, for the sentence: read, saved.</param>
    /// <param name="use">Runs at most once.</param>
    /// <exception cref="StateException">What <paramref name="use"/> did failed.</exception>
    internal async Task<T> RunAsync<T>(string verb, Func<DbConnection, Task<T>> use)
    {
        try
        {
            return await UseAsync(use);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw new StateException($"The state in {Name} could not be {verb}: {Why(exception)}", exception);
        }
    }

    /// <summary>Reads on a connection of its own, in one transaction that sees the state as it was at one moment, while others go on writing.</summary>
    /// <exception cref="StateException">It cannot be read.</exception>
    internal async Task ReadSnapshotAsync(Func<DbConnection, Task> read, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenSnapshotAsync(cancellationToken);
            await read(connection);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw new StateException($"The state in {Name} could not be read: {Why(exception)}", exception);
        }
    }

    /// <summary>The names of the tables that are there, of whatever version.</summary>
    internal abstract Task<IReadOnlyList<string>> FindTablesAsync(DbConnection connection);

    /// <summary>The hash of the admin key; null when there is none yet.</summary>
    /// <exception cref="StateException">It cannot be read.</exception>
    internal Task<byte[]?> ReadKeyHashAsync() => RunAsync("read", async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT hash FROM admin_key";
        return await command.ExecuteScalarAsync() as byte[];
    });

    /// <summary>Replaces the hash of the admin key.</summary>
    /// <exception cref="StateException">It cannot be saved.</exception>
    internal Task WriteKeyHashAsync(byte[] hash) => WriteKeyHashAsync(hash, "UPDATE SET hash = excluded.hash");

    /// <summary>Saves the hash of the first admin key.</summary>
    /// <returns>Whether it did; false when there is a key already, which stays.</returns>
    /// <exception cref="StateException">It cannot be saved.</exception>
    internal Task<bool> TryAddKeyHashAsync(byte[] hash) => WriteKeyHashAsync(hash, "NOTHING");

    public abstract ValueTask DisposeAsync();

    /// <summary>Its clock, as an expression: Unix milliseconds.</summary>
    internal abstract string Now { get; }

    /// <summary>A statement of the schema, which is written for SQLite, in the words of this database.</summary>
    internal abstract string Translate(string statement);

    /// <summary>Lets one program at a time go on, until the transaction ends: to change the schema, or what is checked before it is changed.</summary>
    internal abstract Task LockAsync(DbConnection connection);

    /// <summary>Wakes the hosts that wait when the transaction has been committed.</summary>
    internal virtual Task NotifyAsync(DbConnection connection) => Task.CompletedTask;

    /// <summary>Completes when another host may have changed something, now and then also for nothing. One caller at a time.</summary>
    /// <exception cref="StateException">It cannot be said.</exception>
    internal virtual Task WaitForNoticeAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    /// <summary>A statement that reads rows which nobody else changes until the transaction ends.</summary>
    internal abstract string SelectShared(string statement);

    /// <summary>Rewrites what holds the data, so that nothing is left of what was deleted or replaced.</summary>
    internal abstract Task ScrubAsync(DbConnection connection);

    /// <summary>A connection in a transaction that only reads; it ends with the connection.</summary>
    internal abstract Task<DbConnection> OpenSnapshotAsync(CancellationToken cancellationToken);

    private protected abstract Task<T> UseAsync<T>(Func<DbConnection, Task<T>> use);

    private protected virtual bool IsFailure(Exception exception) => exception is DbException or IOException or UnauthorizedAccessException;

    private protected virtual string Why(Exception exception) => exception.Message;

    /// <summary>Brings the schema forward.</summary>
    /// <exception cref="StateException">It cannot be opened, or a newer program wrote it.</exception>
    private protected async Task<StateDatabase> OpenAsync()
    {
        try
        {
            await RunAsync("opened", connection => StateSchema.MigrateAsync(this, connection));
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private protected static async Task<IReadOnlyList<string>> ReadNamesAsync(DbCommand command)
    {
        var names = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private Task<bool> WriteKeyHashAsync(byte[] hash, string otherwise) => RunAsync("saved", async connection =>
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = $"INSERT INTO admin_key (id, hash) VALUES (1, @hash) ON CONFLICT (id) DO {otherwise}";
#pragma warning restore CA2100
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("hash", hash);
        command.Parameters.Add(parameter);
        return await command.ExecuteNonQueryAsync() > 0;
    });
}
