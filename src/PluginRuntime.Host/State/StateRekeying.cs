using System.Data.Common;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// Seals anew, row by row, what an older key has sealed. It may end anywhere: as long as the proof is the older key's, the next start goes on, and
/// needs that key. Several hosts may do it at once: where somebody else was faster with a row, it is looked at again.
/// </summary>
internal static class StateRekeying
{
    private const int Page = 100;

    private static readonly SealedTable[] _tables =
    [
        new("instance", "name", "config", (seal, name, bytes) => seal.Reseal(StateSeal.PlaceOfInstance(name), bytes)),
        new("token", "key", "tokens", (seal, key, bytes) => seal.Reseal(StateSeal.PlaceOfTokens(key), bytes)),
        new("credential", "name", "body", (seal, name, bytes) => CredentialSealing.Reseal(seal, name, bytes)),
        new("pending_authorization", "state", "body", (seal, hash, bytes) => seal.Reseal(StateSeal.PlaceOfAuthorization(hash), bytes)),
    ];

    /// <param name="database">The database, which seals with the new key from now on.</param>
    /// <param name="seal">All keys, the new one to seal with.</param>
    /// <param name="resealed">Told after each row.</param>
    /// <exception cref="SealException">Something is sealed with a key that is not given.</exception>
    /// <exception cref="StateException">The database failed.</exception>
    internal static async Task RunAsync(StateDatabase database, StateSeal seal, Action? resealed = null)
    {
        var proof = await database.RunAsync("read", StateSealing.ReadProofAsync);
        if (IsDone(proof!, seal))
        {
            return;
        }

        bool wasAlone;
        do
        {
            wasAlone = true;
            foreach (var table in _tables)
            {
                wasAlone &= await ResealAsync(database, table, seal, resealed);
            }
        }
        while (!wasAlone);

        // Last, and only as long as no host has gone on to yet another key. What the older one has sealed is then to be wiped off the file.
        await database.RunAsync("sealed", async connection => await connection.ExecuteAsync(
            "UPDATE seal SET proof = @proof, is_clean = 0 WHERE proof = @before AND (keys = @id OR keys LIKE @end)",
            new { proof = StateSealing.Prove(seal), before = proof, id = seal.Current.Id, end = "% " + seal.Current.Id }));
        resealed?.Invoke();
    }

    /// <returns>Whether nobody else changed a row in between: another host may be on its way to another key.</returns>
    private static async Task<bool> ResealAsync(StateDatabase database, SealedTable table, StateSeal seal, Action? resealed)
    {
        var wasAlone = true;
        var after = "";
        IReadOnlyList<SealedRow> rows;
        do
        {
            var start = after;
            rows = await database.RunAsync("read", connection => table.ReadAsync(connection, start));
            foreach (var row in rows)
            {
                after = row.Key;
                if (table.Reseal(seal, row.Key, row.Bytes) is { } bytes)
                {
                    wasAlone &= await database.RunAsync("sealed", connection => table.ReplaceAsync(connection, row, bytes)) > 0;
                    resealed?.Invoke();
                }
            }
        }
        while (rows.Count == Page);
        return wasAlone;
    }

    // The first format said nothing of its key: what it has sealed with this one stays.
    private static bool IsDone(byte[] proof, StateSeal seal) =>
        (StateSeal.KeyIdOf(proof) ?? seal.FindKey(StateSealing.ProofPlace, proof, "The state").Id) == seal.Current.Id;

    private sealed record SealedRow(string Key, byte[] Bytes);

    private sealed record SealedTable(string Name, string Key, string Column, Func<StateSeal, string, byte[], byte[]?> Reseal)
    {
        internal async Task<IReadOnlyList<SealedRow>> ReadAsync(DbConnection connection, string after) =>
            [.. await connection.QueryAsync<SealedRow>($"SELECT {Key} AS Key, {Column} AS Bytes FROM {Name} WHERE {Key} > @after ORDER BY {Key} LIMIT {Page}", new { after })];

        internal Task<int> ReplaceAsync(DbConnection connection, SealedRow row, byte[] bytes) =>
            connection.ExecuteAsync($"UPDATE {Name} SET {Column} = @bytes WHERE {Key} = @key AND {Column} = @before", new { bytes, key = row.Key, before = row.Bytes });
    }
}
