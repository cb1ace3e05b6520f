using System.Text.Json;
using PluginRuntime.Sdk;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>One prepared statement with its parameters bound.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteSession _session;
    private readonly bool _hasParameters;

    private SqliteStatement(SqliteSession session, sqlite3_stmt handle)
    {
        _session = session;
        Handle = handle;
        _hasParameters = raw.sqlite3_bind_parameter_count(handle) > 0;
    }

    internal sqlite3_stmt Handle { get; }

    /// <summary>Whether running it leaves the database as it is.</summary>
    internal bool IsReadOnly => raw.sqlite3_stmt_readonly(Handle) != 0;

    /// <exception cref="ConnectorException">The text is not exactly one accepted statement, or the parameters are not those it names.</exception>
    internal static SqliteStatement Prepare(SqliteSession session, string sql, JsonElement? parameters)
    {
        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw SqliteFailure.Input("The statement holds a NUL character.");
        }

        session.Rules.Refusal = null;
        var code = raw.sqlite3_prepare_v2(session.Handle, sql, out var handle, out var rest);
        if (code != raw.SQLITE_OK)
        {
            handle?.Dispose();
            throw session.Rules.Refusal is { } refusal ? SqliteFailure.Input(refusal) : session.Failure(code);
        }

        if (handle is null || handle.IsInvalid)
        {
            throw SqliteFailure.Input("There is no statement in the text.");
        }

        var statement = new SqliteStatement(session, handle);
        try
        {
            CheckRest(session, rest);
            ParameterBinding.Bind(handle, parameters);
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    /// <returns>Whether there is a row.</returns>
    internal bool Step()
    {
        var code = raw.sqlite3_step(Handle);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ when MayNameValues(code) => throw _session.Failure(code, raw.sqlite3_errstr(code).utf8_to_string()),
            _ => throw _session.Failure(code),
        };
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>
    /// Functions and triggers may put a parameter's value into their message, full-text search and JSON paths for instance. What is left
    /// then is the general text of the code; constraints name tables and columns only.
    /// </summary>
    private bool MayNameValues(int code) =>
        _hasParameters
        && ((code & 0xFF) != raw.SQLITE_CONSTRAINT
            || raw.sqlite3_extended_errcode(_session.Handle) is raw.SQLITE_CONSTRAINT_TRIGGER or raw.SQLITE_CONSTRAINT_VTAB or raw.SQLITE_CONSTRAINT_FUNCTION);

    private static void CheckRest(SqliteSession session, string? rest)
    {
        // Blanks, comments and further semicolons give no statement; anything else is one too many, whether it can be prepared or not.
        while (!string.IsNullOrWhiteSpace(rest))
        {
            var code = raw.sqlite3_prepare_v2(session.Handle, rest, out var next, out rest);
            using (next)
            {
                if (code != raw.SQLITE_OK || next is { IsInvalid: false })
                {
                    throw SqliteFailure.Input("The text holds several statements. Only the action 'transaction' takes several, as a list.");
                }
            }
        }
    }
}
