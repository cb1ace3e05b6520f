using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>
/// What a caller's statement may not do: leave something behind in a connection that the next caller gets. SQLite asks while it prepares
/// a statement. Other files are out of reach by a limit of the connection.
/// </summary>
internal sealed class StatementRules
{
    private const int Savepoint = 32;

    private static readonly HashSet<string> ReadablePragmas = new(StringComparer.OrdinalIgnoreCase)
    {
        "application_id", "auto_vacuum", "collation_list", "compile_options", "data_version", "encoding", "foreign_key_check",
        "foreign_key_list", "foreign_keys", "freelist_count", "function_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "module_list", "page_count", "page_size", "pragma_list", "quick_check", "schema_version", "table_info", "table_list",
        "table_xinfo", "user_version",
    };

    /// <summary>Those whose argument names what to look at, or is kept in the file by the statement's own transaction.</summary>
    private static readonly HashSet<string> PragmasWithArgument = new(StringComparer.OrdinalIgnoreCase)
    {
        "application_id", "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check", "optimize",
        "quick_check", "table_info", "table_list", "table_xinfo", "user_version",
    };

    /// <summary>Lets the connector's own statements pass. A connection serves one call at a time, so there is no race.</summary>
    internal bool Off { get; set; } = true;

    /// <summary>Why the last statement was refused; null when it was not.</summary>
    internal string? Refusal { get; set; }

    internal int Authorize(int action, utf8z first, utf8z second)
    {
        if (Off)
        {
            return raw.SQLITE_OK;
        }

        Refusal ??= action switch
        {
            raw.SQLITE_TRANSACTION or Savepoint => "BEGIN, COMMIT, ROLLBACK and SAVEPOINT are not accepted: use the action 'transaction'.",
            raw.SQLITE_CREATE_TEMP_TABLE or raw.SQLITE_CREATE_TEMP_INDEX or raw.SQLITE_CREATE_TEMP_TRIGGER or raw.SQLITE_CREATE_TEMP_VIEW =>
                "Temporary objects are not accepted: they would stay in a connection that other calls use.",
            raw.SQLITE_PRAGMA when !IsAllowed(first.utf8_to_string(), second.utf8_to_string()) =>
                $"PRAGMA {first.utf8_to_string()} is not accepted here: it would change the connection for other calls, or is unknown.",
            _ => null,
        };
        return Refusal is null ? raw.SQLITE_OK : raw.SQLITE_DENY;
    }

    private static bool IsAllowed(string pragma, string? argument) =>
        argument is null ? ReadablePragmas.Contains(pragma) || PragmasWithArgument.Contains(pragma) : PragmasWithArgument.Contains(pragma);
}
