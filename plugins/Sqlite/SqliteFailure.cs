using PluginRuntime.Sdk;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>SQLite's result codes as failures of a connector.</summary>
internal static class SqliteFailure
{
    /// <param name="code">The result code, plain or extended.</param>
    /// <param name="message">SQLite's text. It must hold no value of a parameter.</param>
    /// <param name="cancellationToken">What may have interrupted the statement.</param>
    internal static Exception Create(int code, string message, CancellationToken cancellationToken) => (code & 0xFF) switch
    {
        raw.SQLITE_INTERRUPT when cancellationToken.IsCancellationRequested => new OperationCanceledException(cancellationToken),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new DatabaseBusyException($"The database is in use: {message}."),
        raw.SQLITE_CONSTRAINT or raw.SQLITE_READONLY => new ConnectorException(ConnectorErrorKind.Conflict, $"SQLite refused: {message}."),
        raw.SQLITE_ERROR or raw.SQLITE_MISUSE or raw.SQLITE_RANGE or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG or raw.SQLITE_AUTH =>
            Input($"SQLite refused: {message}."),
        raw.SQLITE_INTERNAL => new ConnectorException(ConnectorErrorKind.Bug, $"SQLite failed: {message}."),
        _ => new ConnectorException(ConnectorErrorKind.Unavailable, $"The database cannot be used: {message}."),
    };

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);
}
