using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>Sees to it at start that what is secret in the database is sealed, and with a key that opens it.</summary>
internal static class StateSealing
{
    private const string ProofPlace = "proof";

    /// <exception cref="SealException">The key is missing, unusable, or another one than the database was sealed with.</exception>
    /// <exception cref="StateException">The database failed.</exception>
    internal static StateSeal Open(StateDatabase database, string keyFile)
    {
        var proof = database.Run("read", connection => connection.ExecuteScalar<byte[]?>("SELECT proof FROM seal"));
        var seal = StateSeal.Open(keyFile, proof is not null, "the state in state.db");
        if (proof is null)
        {
            database.Run("sealed", connection => SealRows(connection, seal));
        }
        else
        {
            Verify(seal, proof);
        }

        database.Run("sealed", Clean);
        return seal;
    }

    private static void Verify(StateSeal seal, byte[] proof)
    {
        try
        {
            seal.Unseal(ProofPlace, proof);
        }
        catch (SealException)
        {
            throw SealException.Broken("The state in state.db", seal.KeyFile);
        }
    }

    /// <summary>Seals the rows of a version that sealed nothing: all or none.</summary>
    private static int SealRows(SqliteConnection connection, StateSeal seal)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var rows = connection.Query<Row>("SELECT name, config FROM instance", transaction: transaction).ToList();
        foreach (var row in rows)
        {
            connection.Execute(
                "UPDATE instance SET config = @config WHERE name = @Name",
                new { row.Name, config = seal.Seal(StateSeal.PlaceOfInstance(row.Name), row.Config) },
                transaction);
        }

        connection.Execute(
            "INSERT INTO seal (id, proof, is_clean) VALUES (1, @proof, 0)",
            new { proof = seal.Seal(ProofPlace, Encoding.ASCII.GetBytes(ProofPlace)) },
            transaction);
        transaction.Commit();
        return rows.Count;
    }

    /// <summary>Rewrites the file and empties its log, so that no free page holds what was there unsealed. After a crash it is done again.</summary>
    private static int Clean(SqliteConnection connection)
    {
        if (connection.ExecuteScalar<long>("SELECT is_clean FROM seal") != 0)
        {
            return 0;
        }

        connection.Execute("VACUUM");
        if (connection.QuerySingle<Checkpoint>("PRAGMA wal_checkpoint(TRUNCATE)").Busy != 0)
        {
            throw new StateException("The state in state.db could not be cleaned of what was there unsealed: another program uses it.");
        }

        return connection.Execute("UPDATE seal SET is_clean = 1");
    }

    private sealed record Row(string Name, byte[] Config);

    private sealed record Checkpoint(long Busy, long Log, long Checkpointed);
}
