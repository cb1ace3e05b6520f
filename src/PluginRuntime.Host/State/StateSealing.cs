using System.Data.Common;
using System.Text;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Sees to it at start that what is secret in the database is sealed, and with a key that opens it.</summary>
internal static class StateSealing
{
    private const string ProofPlace = "proof";

    /// <exception cref="SealException">The key is missing, unusable, or another one than the database was sealed with.</exception>
    /// <exception cref="StateException">The database failed.</exception>
    internal static async Task<StateSeal> OpenAsync(StateDatabase database, string keyFile)
    {
        var proof = await database.RunAsync("read", ReadProofAsync);
        var seal = StateSeal.Open(keyFile, proof is not null, $"the state in {database.Name}");
        if (proof is null)
        {
            // Another host that starts at the same time may have been faster, perhaps with another key.
            proof = await database.RunAsync("sealed", async connection =>
            {
                await SealRowsAsync(connection, seal);
                return await ReadProofAsync(connection);
            });
        }

        Verify(seal, proof!, database.Name);
        await database.RunAsync("sealed", connection => CleanAsync(database, connection));
        return seal;
    }

    private static Task<byte[]?> ReadProofAsync(DbConnection connection) => connection.ExecuteScalarAsync<byte[]?>("SELECT proof FROM seal");

    private static void Verify(StateSeal seal, byte[] proof, string name)
    {
        try
        {
            seal.Unseal(ProofPlace, proof);
        }
        catch (SealException)
        {
            throw SealException.Broken($"The state in {name}", seal.KeyFile);
        }
    }

    /// <summary>Seals the rows of a version that sealed nothing: all or none, and only if nothing is sealed yet.</summary>
    private static async Task SealRowsAsync(DbConnection connection, StateSeal seal)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var isFirst = await connection.ExecuteAsync(
            "INSERT INTO seal (id, proof, is_clean) VALUES (1, @proof, 0) ON CONFLICT DO NOTHING",
            new { proof = seal.Seal(ProofPlace, Encoding.ASCII.GetBytes(ProofPlace)) },
            transaction) > 0;
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

    /// <summary>Once: leaves nothing of what was there unsealed. After a crash it is done again.</summary>
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
