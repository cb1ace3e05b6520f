using System.Data.Common;
using System.Text;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// Sees to it at start that what is secret in the database is sealed, with a key that opens it; and, where an older key is given beside another
/// one, with that one.
/// </summary>
internal static class StateSealing
{
    internal const string ProofPlace = "proof";

    /// <param name="database">The database.</param>
    /// <param name="source">Where the keys come from.</param>
    /// <exception cref="SealException">A key is missing, unusable, or another one than the database was sealed with.</exception>
    /// <exception cref="StateException">The database failed.</exception>
    internal static async Task<StateSeal> OpenAsync(StateDatabase database, SealKeySource source)
    {
        var proof = await database.RunAsync("read", ReadProofAsync);
        var given = StateSeal.Open(source, proof is not null, $"the state in {database.Name}");
        if (proof is null)
        {
            // Another host that starts at the same time may have been faster, perhaps with another key.
            proof = await database.RunAsync("sealed", async connection =>
            {
                await SealRowsAsync(connection, given);
                return await ReadProofAsync(connection);
            });
        }

        // What was sealed first with a key that is not there is not touched.
        given.FindKey(ProofPlace, proof!, $"The state in {database.Name}");
        var seal = await database.RunAsync("sealed", connection => ChooseAsync(database, connection, given));
        await StateRekeying.RunAsync(database, seal);
        await database.RunAsync("sealed", connection => CleanAsync(database, connection));
        return seal;
    }

    /// <summary>What is sealed under a key tells that it is the right one.</summary>
    internal static byte[] Prove(StateSeal seal) => seal.Seal(ProofPlace, Encoding.ASCII.GetBytes(ProofPlace));

    internal static Task<byte[]?> ReadProofAsync(DbConnection connection) => connection.ExecuteScalarAsync<byte[]?>("SELECT proof FROM seal");

    /// <summary>Settles which key is sealed with from now on: the current one of those given, unless the database has left it behind.</summary>
    internal static async Task<StateSeal> ChooseAsync(StateDatabase database, DbConnection connection, StateSeal given)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await database.LockAsync(connection);
        var ids = await SealKeys.ReadAsync(connection, transaction);
        var proof = await connection.ExecuteScalarAsync<byte[]>("SELECT proof FROM seal", transaction: transaction);
        var what = $"The state in {database.Name}";
        IReadOnlyList<string> known = ids ?? [given.FindKey(ProofPlace, proof!, what).Id];
        IReadOnlyList<string> wanted = known.Contains(given.Current.Id) ? known : [.. known, given.Current.Id];
        if (!given.TryWith(wanted[^1], out var seal))
        {
            throw SealException.OtherKey(what, wanted[^1], given.Current.Source);
        }

        if (ids is null || wanted.Count > ids.Count)
        {
            // Meets hosts that save meanwhile: it waits for them, and whoever begins to save later seals with the new key.
            await connection.ExecuteAsync("UPDATE seal SET keys = @keys", new { keys = SealKeys.Text(wanted) }, transaction);
        }

        await transaction.CommitAsync();
        return seal;
    }

    /// <summary>Seals the rows of a version that sealed nothing: all or none, and only if nothing is sealed yet.</summary>
    private static async Task SealRowsAsync(DbConnection connection, StateSeal seal)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var isFirst = await connection.ExecuteAsync(
            "INSERT INTO seal (id, proof, is_clean, keys) VALUES (1, @proof, 0, @keys) ON CONFLICT DO NOTHING", new { proof = Prove(seal), keys = seal.Current.Id }, transaction) > 0;
        if (!isFirst)
        {
            return;
        }

        foreach (var row in await connection.QueryAsync<Row>("SELECT name, config FROM instance", transaction: transaction))
        {
            await connection.ExecuteAsync(
                "UPDATE instance SET config = @config WHERE name = @Name",
                new { row.Name, config = seal.Seal(StateSeal.PlaceOfInstance(row.Name), row.Config) },
                transaction);
        }

        await transaction.CommitAsync();
    }

    /// <summary>Once: leaves nothing of what was there unsealed, or sealed with an older key. After a crash it is done again.</summary>
    private static async Task<int> CleanAsync(StateDatabase database, DbConnection connection)
    {
        if (await connection.ExecuteScalarAsync<long>("SELECT is_clean FROM seal") != 0)
        {
            return 0;
        }

        await database.ScrubAsync(connection);
        return await connection.ExecuteAsync("UPDATE seal SET is_clean = 1");
    }

    private sealed record Row(string Name, byte[] Config);
}
