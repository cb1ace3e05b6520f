using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;

namespace PluginRuntime.Host.State;

/// <summary>
/// The audit log: entries are only added, each with the SHA-256 of the hash before it and its own text, so that one that is changed, left out or
/// taken away shows, unless it and all after it are written anew: who wants to exclude that, keeps the newest hash elsewhere.
/// </summary>
internal sealed class AuditLog(StateDatabase database)
{
    private const int ReadAtOnce = 1000;

    /// <summary>Writes down what the request that is worked on has changed, in the transaction of the change. Needs the lock of the state.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="target">What was changed.</param>
    /// <param name="change">The change of the state, by its revision; null when it is no desired state.</param>
    internal static Task WriteAsync(DbConnection connection, DbTransaction transaction, string target, long? change = null) =>
        AuditScope.Current is { } scope ? AddAsync(connection, transaction, scope.Done(target, change)) : Task.CompletedTask;

    /// <summary>Writes down what changed nothing in the state.</summary>
    /// <exception cref="Management.StateException">It cannot be saved.</exception>
    internal Task AddAsync(AuditEntry entry) => database.RunAsync("saved", async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await database.LockAsync(connection);
        await AddAsync(connection, transaction, entry);
        await transaction.CommitAsync();
        return 1;
    });

    /// <summary>Entries, newest first.</summary>
    /// <param name="org">Of which org; null for all.</param>
    /// <param name="before">Only those before this sequence; null for all.</param>
    /// <param name="most">The most to give.</param>
    /// <exception cref="Management.StateException">They cannot be read.</exception>
    internal Task<IReadOnlyList<AuditEntry>> ReadAsync(string? org, long? before, int most) => database.RunAsync("read", async connection =>
        (IReadOnlyList<AuditEntry>)[.. (await connection.QueryAsync<string>(
            $"""
            SELECT body FROM audit WHERE sequence < @before {(org is null ? "" : "AND org = @org")} ORDER BY sequence DESC LIMIT @most
            """,
            new { before = before ?? long.MaxValue, org, most })).Select(Read)]);

    /// <summary>Whether every entry is there, as it was written.</summary>
    /// <exception cref="Management.StateException">They cannot be read.</exception>
    internal async Task<AuditCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var (sequence, hash) = (0L, Array.Empty<byte>());
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = await database.RunAsync("read", async connection => (await connection.QueryAsync<AuditRow>(
                "SELECT sequence, time, body, org, hash FROM audit WHERE sequence > @sequence ORDER BY sequence LIMIT @most",
                new { sequence, most = ReadAtOnce })).ToList());
            foreach (var row in rows)
            {
                if (row.Sequence != sequence + 1)
                {
                    return new(sequence, hash, $"Entry {sequence + 1} is missing.");
                }

                if (!HashOf(hash, row.Body).AsSpan().SequenceEqual(row.Hash) || !row.IsAsItSays())
                {
                    return new(sequence, hash, $"Entry {row.Sequence} is not as it was written.");
                }

                (sequence, hash) = (row.Sequence, row.Hash);
            }

            if (rows.Count < ReadAtOnce)
            {
                return new(sequence, hash, null);
            }
        }
    }

    private static async Task AddAsync(DbConnection connection, DbTransaction transaction, AuditEntry entry)
    {
        var last = await connection.QuerySingleOrDefaultAsync<LastRow>(
            "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1", transaction: transaction);
        entry = entry with { Sequence = (last?.Sequence ?? 0) + 1 };
        var body = JsonSerializer.Serialize(entry, HostJson.Options);
        await connection.ExecuteAsync(
            "INSERT INTO audit (sequence, time, body, org, hash) VALUES (@Sequence, @time, @body, @Org, @hash)",
            new { entry.Sequence, time = entry.Time.ToUnixTimeMilliseconds(), body, entry.Org, hash = HashOf(last?.Hash ?? [], body) },
            transaction);
    }

    private static byte[] HashOf(byte[] before, string body) => SHA256.HashData([.. before, .. Encoding.UTF8.GetBytes(body)]);

    private static AuditEntry Read(string body) =>
        JsonSerializer.Deserialize<AuditEntry>(body, HostJson.Options) ?? throw new JsonException("The stored entry is null.");

    private sealed record LastRow(long Sequence, byte[] Hash);

    private sealed record AuditRow(long Sequence, long Time, string Body, string Org, byte[] Hash)
    {
        // What is searched by is beside the text.
        internal bool IsAsItSays()
        {
            var entry = Read(Body);
            return (entry.Sequence, entry.Time.ToUnixTimeMilliseconds(), entry.Org) == (Sequence, Time, Org);
        }
    }
}

/// <summary>What looking at the whole audit log has found.</summary>
/// <param name="Sequence">The newest entry up to which all are there as they were written; 0 for none.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Problem">What is wrong after it; null when nothing is.</param>
internal sealed record AuditCheck(long Sequence, byte[] Hash, string? Problem);
