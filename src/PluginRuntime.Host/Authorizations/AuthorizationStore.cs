using System.Data.Common;
using Dapper;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Authorizations;

/// <summary>
/// Authorizations that were begun, in the host's database: whichever host completes one, it is taken once. All of it is sealed, but for the hash
/// of its state, who began it and its end. Times are Unix milliseconds.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="seal">Seals them.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AuthorizationStore(StateDatabase database, StateSeal seal, TimeProvider timeProvider)
{
    /// <summary>How many of one key are kept; beyond that the oldest go.</summary>
    internal const int KeptAKey = 20;

    /// <exception cref="StateException">It cannot be saved.</exception>
    internal Task AddAsync(string state, PendingAuthorization pending) => database.RunAsync("saved", async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var hash = PendingAuthorization.HashOf(state);
        var current = await SealKeys.ForSavingAsync(database, connection, transaction, seal);
        await connection.ExecuteAsync(
            """
            INSERT INTO pending_authorization (state, begun_by, expires, body) VALUES (@hash, @by, @expires, @body);
            DELETE FROM pending_authorization WHERE begun_by = @by AND state NOT IN (
                SELECT state FROM pending_authorization WHERE begun_by = @by ORDER BY expires DESC, state LIMIT @most)
            """,
            new
            {
                hash,
                by = pending.Key,
                expires = pending.ExpiresAt.ToUnixTimeMilliseconds(),
                body = current.Seal(StateSeal.PlaceOfAuthorization(hash), pending.Write()),
                most = KeptAKey,
            },
            transaction);
        await transaction.CommitAsync();
        return hash;
    });

    /// <summary>Takes an authorization to complete it. Of several who ask for one at once, one gets it.</summary>
    /// <param name="state">Its state.</param>
    /// <param name="isFor">Whether it may be completed so; if not, it stays.</param>
    /// <returns>Null when there is none, it is over, or it is another's.</returns>
    /// <exception cref="StateException">The database failed.</exception>
    internal Task<PendingAuthorization?> TakeAsync(string state, Func<PendingAuthorization, bool> isFor) => database.RunAsync("saved", async connection =>
    {
        var hash = PendingAuthorization.HashOf(state);
        var row = await FindAsync(connection, hash);
        return row is not null && Open(hash, row) is { } pending && pending.ExpiresAt > timeProvider.GetUtcNow() && isFor(pending)
            && await connection.ExecuteAsync("DELETE FROM pending_authorization WHERE state = @hash", new { hash }) > 0 ? pending : null;
    });

    /// <summary>Deletes what is over.</summary>
    /// <exception cref="StateException">The database failed.</exception>
    internal Task<int> PurgeAsync() => database.RunAsync("saved", connection => connection.ExecuteAsync(
        "DELETE FROM pending_authorization WHERE expires <= @now", new { now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds() }));

    private static Task<byte[]?> FindAsync(DbConnection connection, string hash) =>
        connection.ExecuteScalarAsync<byte[]?>("SELECT body FROM pending_authorization WHERE state = @hash", new { hash });

    private PendingAuthorization Open(string hash, byte[] body)
    {
        try
        {
            return PendingAuthorization.Read(seal.Unseal(StateSeal.PlaceOfAuthorization(hash), body));
        }
        catch (SealException exception)
        {
            // Another host has gone to another key in between.
            throw new StateException(exception.Message, exception);
        }
    }
}
