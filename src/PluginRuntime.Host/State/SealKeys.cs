using System.Data.Common;
using Dapper;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// Which key a database is sealed with: the ids of all keys that ever were, in their order; the last is the one to seal with. A key that another
/// one has taken the place of does not come back.
/// </summary>
internal static class SealKeys
{
    private const char Separator = ' ';

    /// <returns>The ids; null as long as the database knows none.</returns>
    internal static async Task<IReadOnlyList<string>?> ReadAsync(DbConnection connection, DbTransaction? transaction = null) =>
        (await connection.ExecuteScalarAsync<string?>("SELECT keys FROM seal", transaction: transaction))?.Split(Separator);

    internal static string Text(IEnumerable<string> ids) => string.Join(Separator, ids);

    /// <summary>The seal to save with. Until the transaction ends no host goes over to another key.</summary>
    /// <exception cref="StateException">It is a key that this host does not have.</exception>
    internal static async Task<StateSeal> ForSavingAsync(StateDatabase database, DbConnection connection, DbTransaction transaction, StateSeal seal)
    {
        var ids = (await connection.ExecuteScalarAsync<string?>(database.SelectShared("SELECT keys FROM seal"), transaction: transaction))?.Split(Separator);
        return ids is null ? seal
            : seal.TryWith(ids[^1], out var found) ? found
            : throw new StateException($"The state in {database.Name} is sealed with the key {ids[^1]} by now, which this host does not have: start it again with that one.");
    }
}
