using System.Data.Common;
using Dapper;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Idempotency;

/// <summary>
/// Which requests run or have run, and their answers, in the host's database: answers may hold secrets and are sealed, as are the fingerprints
/// of bodies that may. Of several hosts the one runs a request that has put in its row. Times are Unix milliseconds.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="seal">Seals answers.</param>
/// <param name="host">The host's name among those that share the database; empty where it has it alone.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class IdempotencyStore(StateDatabase database, StateSeal seal, string host, TimeProvider timeProvider)
{
    /// <summary>How long answers are kept.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    internal const int PurgedAtOnce = 500;

    // For clocks of hosts that differ, and for storing the answer.
    private static readonly TimeSpan _margin = TimeSpan.FromMinutes(1);

    private const int Tries = 5;

    // A process of this host with another one has ended.
    private readonly string _boot = Guid.NewGuid().ToString("N");

    /// <summary>Takes a request on, or finds the answer that it got.</summary>
    /// <param name="request">The request.</param>
    /// <param name="longest">The longest that it runs: if it is not over by then, its process is gone.</param>
    /// <returns>The attempt to run; or the answer.</returns>
    /// <exception cref="StateException">The database failed: it must not run.</exception>
    /// <exception cref="RequestInFlightException">It runs.</exception>
    /// <exception cref="RequestException">Another request has the same place, or its answer was not kept.</exception>
    internal Task<(string? Attempt, StoredAnswer? Answer)> ClaimAsync(IdempotentRequest request, TimeSpan longest) =>
        database.RunAsync<(string?, StoredAnswer?)>("saved", async connection =>
        {
            var now = timeProvider.GetUtcNow();
            var mine = new
            {
                request.Id,
                attempt = Guid.NewGuid().ToString("N"),
                host,
                boot = _boot,
                began = now.ToUnixTimeMilliseconds(),
                until = (now + longest + _margin).ToUnixTimeMilliseconds(),
                request = seal.Seal(PlaceOfFingerprint(request), request.Fingerprint),
            };
            for (var tried = 0; tried < Tries; tried++)
            {
                var isFirst = await connection.ExecuteAsync(
                    """
                    INSERT INTO idempotent_request (id, attempt, host, boot, began, until, request) VALUES (@Id, @attempt, @host, @boot, @began, @until, @request)
                    ON CONFLICT (id) DO NOTHING
                    """,
                    mine) > 0;
                if (isFirst)
                {
                    return (mine.attempt, null);
                }

                // Where it is gone by now, or somebody else takes it over, it is tried again.
                if (await FindAsync(connection, request) is not { } row)
                {
                    continue;
                }

                if (Judge(row, request, mine.began) is { } answer)
                {
                    return (null, answer);
                }

                if (await IsTakenOverAsync(connection, row, mine))
                {
                    return (mine.attempt, null);
                }
            }

            throw new RequestInFlightException();
        });

    /// <summary>Keeps the answer of an attempt; nothing where another host took the request over.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attempt">What it was taken on as.</param>
    /// <param name="answer">Null when it is too large to be kept.</param>
    /// <exception cref="StateException">It is not kept.</exception>
    internal Task CompleteAsync(IdempotentRequest request, string attempt, StoredAnswer? answer) => database.RunAsync("saved", connection => connection.ExecuteAsync(
        "UPDATE idempotent_request SET ended = @now, answer = @answer WHERE id = @Id AND attempt = @attempt",
        new
        {
            request.Id,
            attempt,
            now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
            answer = answer is null ? null : seal.Seal(PlaceOfAnswer(request), answer.Write()),
        }));

    /// <summary>Lets the next one run.</summary>
    /// <exception cref="StateException">It stays as it is.</exception>
    internal Task ForgetAsync(IdempotentRequest request, string attempt) => database.RunAsync("saved", connection => connection.ExecuteAsync(
        "DELETE FROM idempotent_request WHERE id = @Id AND attempt = @attempt", new { request.Id, attempt }));

    /// <summary>Deletes some of what is not kept any more.</summary>
    /// <returns>How many; fewer than <see cref="PurgedAtOnce"/> when that was all.</returns>
    /// <exception cref="StateException">The database failed.</exception>
    internal Task<int> PurgeAsync() => database.RunAsync("saved", connection =>
    {
        var now = timeProvider.GetUtcNow();
        return connection.ExecuteAsync(
            """
            DELETE FROM idempotent_request WHERE id IN (
                SELECT id FROM idempotent_request WHERE began <= @old AND (ended IS NOT NULL OR until <= @now) ORDER BY began LIMIT @most)
            """,
            new { old = (now - Kept).ToUnixTimeMilliseconds(), now = now.ToUnixTimeMilliseconds(), most = PurgedAtOnce });
    });

    private static string PlaceOfAnswer(IdempotentRequest request) => $"answer/{request.Place}";

    private static string PlaceOfFingerprint(IdempotentRequest request) => $"request/{request.Place}";

    private static Task<Row?> FindAsync(DbConnection connection, IdempotentRequest request) => connection.QuerySingleOrDefaultAsync<Row>(
        """
        SELECT attempt AS Attempt, host AS Host, boot AS Boot, began AS Began, until AS Until, request AS Request, ended AS Ended, answer AS Answer
        FROM idempotent_request WHERE id = @Id
        """,
        new { request.Id });

    /// <summary>What a row means for a request.</summary>
    /// <returns>The answer; null when the row may be taken over.</returns>
    private StoredAnswer? Judge(Row row, IdempotentRequest request, long now)
    {
        var isLost = row.Ended is null && (row.Until <= now || (row.Host == host && row.Boot != _boot));
        if (row.Began + Kept.TotalMilliseconds <= now && (row.Ended is not null || isLost))
        {
            return null;
        }

        if (!Unseal(PlaceOfFingerprint(request), row.Request).AsSpan().SequenceEqual(request.Fingerprint))
        {
            throw new RequestException("idempotency.mismatch", "Another request was sent with this Idempotency-Key. A new request needs a new one.");
        }

        if (row.Ended is null)
        {
            return isLost ? null : throw new RequestInFlightException();
        }

        return row.Answer is { } answer
            ? StoredAnswer.Read(Unseal(PlaceOfAnswer(request), answer))
            : throw new RequestException(
                "idempotency.too-large", "A request with this Idempotency-Key was carried out. Its answer was too large to be kept, and it is not carried out again.");
    }

    // What was sealed with a key that is no longer given runs out within a day; until then it has to be known that it ran.
    private byte[] Unseal(string place, byte[] bytes)
    {
        try
        {
            return seal.Unseal(place, bytes);
        }
        catch (SealException)
        {
            throw new RequestException(
                "idempotency.too-large", "A request with this Idempotency-Key was carried out. Its answer was sealed with a key that the host no longer has, and it is not carried out again.");
        }
    }

    private static async Task<bool> IsTakenOverAsync(DbConnection connection, Row row, object mine)
    {
        var parameters = new DynamicParameters(mine);
        parameters.AddDynamicParams(new { seen = row.Attempt, ended = row.Ended ?? 0 });
        return await connection.ExecuteAsync(
            """
            UPDATE idempotent_request SET attempt = @attempt, host = @host, boot = @boot, began = @began, until = @until, request = @request, ended = NULL, answer = NULL
            WHERE id = @Id AND attempt = @seen AND coalesce(ended, 0) = @ended
            """,
            parameters) > 0;
    }

    private sealed record Row(string Attempt, string Host, string Boot, long Began, long Until, byte[] Request, long? Ended, byte[]? Answer);
}
