using System.Data.Common;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// A log of what was changed, in one order for all hosts: every change of desired state is made under one lock, and writes into the log what
/// is to be told of it. Of those that are no longer needed the oldest are deleted.
/// </summary>
internal sealed partial class SqlStateStore
{
    private const long Kept = 10_000;
    private const long TrimChangesEvery = 1000;

    // A statement takes this many names at most, whatever the database.
    private const int NamesAtOnce = 500;

    public Task<StateChanges> ReadChangesAsync(long after, CancellationToken cancellationToken) => ReadAsync<StateChanges>("changes", async connection =>
    {
        // The known one with them, in one statement: where it is missing, what came after it is not all there, or the state is an older copy.
        var rows = (await connection.QueryAsync<ChangeRow>(
            "SELECT revision, subject, name, host, event FROM change WHERE revision >= @after ORDER BY revision", new { after })).ToList();
        var isWhole = rows.Count == 0 ? after > 0 : rows[0].Revision > Math.Max(after, 1);
        var revision = rows.Count > 0 ? rows[^1].Revision : isWhole ? await RevisionAsync(connection, null) : 0;
        if (isWhole)
        {
            return new(
                revision,
                [],
                await StoredAsync(connection, null) with { Tokens = await TokensAsync(connection, null), Credentials = await CredentialsAsync(connection, null) },
                isWhole);
        }

        rows.RemoveAll(row => row.Revision == after);
        var changes = rows.ConvertAll(row => row.ToChange(host));
        var state = StoredState.Empty;
        foreach (var names in NamesOf(changes, StateSubject.Instance, StateSubject.Versions).Chunk(NamesAtOnce))
        {
            var some = await StoredAsync(connection, names);
            state = new(state.Definitions.Concat(some.Definitions).ToDictionary(StringComparer.Ordinal), state.Versions.Concat(some.Versions).ToDictionary(StringComparer.Ordinal));
        }

        // What this host has kept itself may be newer by now than what it saved.
        var keys = NamesOf(changes.Where(change => !change.IsOwn), StateSubject.Tokens).ToList();
        var credentials = NamesOf(changes, StateSubject.Credential).ToList();
        return new(
            revision,
            changes,
            state with
            {
                Tokens = keys.Count == 0 ? state.Tokens : await TokensAsync(connection, keys),
                Credentials = credentials.Count == 0 ? state.Credentials : await CredentialsAsync(connection, credentials),
            },
            IsWhole: false);
    });

    public Task WaitForChangesAsync(CancellationToken cancellationToken) => database.WaitForNoticeAsync(cancellationToken);

    private static IEnumerable<string> NamesOf(IEnumerable<StateChange> changes, params StateSubject[] subjects) =>
        changes.Where(change => subjects.Contains(change.Subject)).Select(change => change.Name).Distinct(StringComparer.Ordinal);

    private static async Task<long> RevisionAsync(DbConnection connection, DbTransaction? transaction) =>
        await connection.ExecuteScalarAsync<long?>("SELECT max(revision) FROM change", transaction: transaction) ?? 0;

    /// <param name="subject">What kind of thing is changed.</param>
    /// <param name="name">Which one.</param>
    /// <param name="write">What the change is based on, and what is told of it.</param>
    /// <param name="change">Returns whether anything was changed; if not, nothing is.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <returns>The revision of the state as it is then.</returns>
    private Task<long> ChangeAsync(
        StateSubject subject, string name, StateWrite write, Func<DbConnection, DbTransaction, Task<bool>> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return database.RunAsync("saved", async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            await database.LockAsync(connection);
            var revision = await RevisionAsync(connection, transaction);
            if (write.Known is { } known && known < revision && (write.IsWhole || await WasChangedAsync(connection, transaction, subject, name, known)))
            {
                throw new StateConflictException($"'{name}'");
            }

            if (!await change(connection, transaction))
            {
                return revision;
            }

            revision++;
            await connection.ExecuteAsync(
                "INSERT INTO change (revision, subject, name, host, event) VALUES (@revision, @subject, @name, @host, @event)",
                new { revision, subject = subject.ToString(), name, host, @event = write.Event is { } told ? EventJson.Write(told) : null },
                transaction);
            if (revision % TrimChangesEvery == 0)
            {
                await connection.ExecuteAsync("DELETE FROM change WHERE revision <= @oldest", new { oldest = revision - Kept }, transaction);
            }

            if (write.Event is not null)
            {
                // Somebody wished it; what hosts decide by themselves is in their events.
                await AuditLog.WriteAsync(connection, transaction, name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], revision);
            }

            await database.NotifyAsync(connection);
            await transaction.CommitAsync(CancellationToken.None);
            return revision;
        });
    }

    // What is not in the log any more may have been about it.
    private static async Task<bool> WasChangedAsync(DbConnection connection, DbTransaction transaction, StateSubject subject, string name, long known) =>
        await connection.ExecuteScalarAsync<long>(
            """
            SELECT count(*) FROM change
            WHERE (revision > @known AND subject = @subject AND name = @name) OR (SELECT min(revision) FROM change) > @known + 1
            """,
            new { known, subject = subject.ToString(), name },
            transaction) > 0;

    private sealed record ChangeRow(long Revision, string Subject, string Name, string Host, byte[]? Event)
    {
        internal StateChange ToChange(string host) =>
            new(Revision, Enum.Parse<StateSubject>(Subject), Name, Host == host, Event is null ? null : EventJson.Read(Event));
    }
}
