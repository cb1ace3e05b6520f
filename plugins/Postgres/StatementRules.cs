using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>
/// What a caller's statement may not be, by its first words. This makes for clear answers; the walls are others: one statement at a time
/// by the protocol, a read-only transaction that is rolled back round each query, and a session that is reset after each call.
/// </summary>
internal static class StatementRules
{
    private static readonly HashSet<string> Reading = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "("];

    private static readonly HashSet<string> OfTransactions =
        ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"];

    private static readonly HashSet<string> OfSessions =
        ["LISTEN", "UNLISTEN", "PREPARE", "EXECUTE", "DEALLOCATE", "DISCARD", "RESET", "LOAD", "DECLARE", "FETCH", "MOVE", "CLOSE"];

    private static readonly HashSet<string> Single = ["INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH"];

    internal static void CheckQuery(Statement statement)
    {
        CheckTransaction(statement);
        if (!Reading.Contains(statement.Keyword))
        {
            throw SqlActions.Input("'query' only reads, with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN: use the action 'execute'.");
        }
    }

    internal static void CheckExecute(Statement statement)
    {
        CheckTransaction(statement);
        if (statement.Keyword == "SET")
        {
            throw SqlActions.Input("SET is not accepted: the session is reset after each call. In the action 'transaction' it works for the statements that follow.");
        }
    }

    internal static void CheckTransaction(Statement statement)
    {
        if (OfTransactions.Contains(statement.Keyword) || (statement.Keyword == "PREPARE" && statement.Second == "TRANSACTION"))
        {
            throw SqlActions.Input($"{statement.Keyword} is not accepted: use the action 'transaction'.");
        }

        if (OfSessions.Contains(statement.Keyword))
        {
            throw SqlActions.Input($"{statement.Keyword} is not accepted: nothing stays in a session from one call to the next.");
        }

        if (statement.Keyword == "COPY")
        {
            throw SqlActions.Input("COPY is not accepted: it needs a stream of its own.");
        }
    }

    /// <summary>Whether it is one transaction by itself, so that the server's word that it was stopped means that nothing took effect.</summary>
    internal static bool IsAllOrNothing(Statement statement) => Single.Contains(statement.Keyword);
}
