using System.Data.Common;
using System.Globalization;
using PluginRuntime.Management;

namespace PluginRuntime.Host.State;

/// <summary>
/// The tables of the host's state, written for SQLite. A step is never changed once it was released; a change is a further step, which only
/// adds: hosts of the version before may run on the same database while it is taken.
/// </summary>
internal static class StateSchema
{
    private const string VersionTable = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT";

    private static readonly string[] _steps =
    [
        """
        CREATE TABLE instance (
            name TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, config BLOB NOT NULL, is_trusted INTEGER NOT NULL) STRICT;
        CREATE TABLE instance_versions (name TEXT NOT NULL PRIMARY KEY, versions BLOB NOT NULL) STRICT;
        CREATE TABLE admin_key (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), hash BLOB NOT NULL) STRICT;
        CREATE TABLE decided (what TEXT NOT NULL PRIMARY KEY) STRICT;
        """,

        // The row of seal is there as soon as what is secret is sealed; it is clean when nothing of what was there before is left in the file.
        """
        CREATE TABLE token (key TEXT NOT NULL PRIMARY KEY, tokens BLOB NOT NULL) STRICT;
        CREATE TABLE seal (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), proof BLOB NOT NULL, is_clean INTEGER NOT NULL) STRICT;
        """,
        """
        CREATE TABLE event (sequence INTEGER NOT NULL PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE event_mark (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), high_water INTEGER NOT NULL) STRICT;
        """,

        // The body of a deleted manifest is empty.
        "CREATE TABLE manifest (id TEXT NOT NULL, version TEXT NOT NULL, body BLOB NOT NULL, is_trusted INTEGER NOT NULL, PRIMARY KEY (id, version)) STRICT;",
        """
        CREATE TABLE org (name TEXT NOT NULL PRIMARY KEY, created INTEGER NOT NULL) STRICT;
        CREATE TABLE api_key (
            id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org (name), name TEXT NOT NULL, scopes TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER NULL, last_used INTEGER NULL, revoked INTEGER NULL) STRICT;
        INSERT INTO org (name, created) VALUES ('default', 0);
        """,

        // Events are each host's own. That of one that has the state alone has no name; it goes on with what was there before.
        """
        CREATE TABLE change (
            revision INTEGER NOT NULL PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, host TEXT NOT NULL, event BLOB NULL) STRICT;
        CREATE TABLE host_event (host TEXT NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (host, sequence)) STRICT;
        CREATE TABLE host_event_mark (host TEXT NOT NULL PRIMARY KEY, high_water INTEGER NOT NULL, told INTEGER NULL) STRICT;
        INSERT INTO host_event (host, sequence, body) SELECT '', sequence, body FROM event;
        INSERT INTO host_event_mark (host, high_water) SELECT '', high_water FROM event_mark;
        CREATE TABLE audit (
            sequence INTEGER NOT NULL PRIMARY KEY, time INTEGER NOT NULL, body TEXT NOT NULL, org TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
        CREATE TABLE host (name TEXT NOT NULL PRIMARY KEY, seen INTEGER NOT NULL) STRICT;
        CREATE TABLE lease (name TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL) STRICT;
        """,

        // The keys of seal are the ids of all that were, in their order; null until a host that knows of ids has started.
        """
        CREATE TABLE credential (name TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, body BLOB NOT NULL, is_trusted INTEGER NOT NULL) STRICT;
        ALTER TABLE seal ADD COLUMN keys TEXT NULL;
        """,

        // Under way while it has no end; without an answer where that was too large.
        """
        CREATE TABLE idempotent_request (
            id TEXT NOT NULL PRIMARY KEY, attempt TEXT NOT NULL, host TEXT NOT NULL, boot TEXT NOT NULL, began INTEGER NOT NULL, until INTEGER NOT NULL,
            request BLOB NOT NULL, ended INTEGER NULL, answer BLOB NULL) STRICT;
        CREATE INDEX idempotent_request_began ON idempotent_request (began);
        """,

        // What was registered when connectors belonged to no org was everybody's.
        """
        CREATE TABLE connector_share (connector TEXT NOT NULL, org TEXT NOT NULL, PRIMARY KEY (connector, org)) STRICT;
        INSERT INTO connector_share (connector, org) SELECT DISTINCT id, '*' FROM manifest WHERE length(body) > 0;
        """,

        // By the hash of its state.
        """
        CREATE TABLE pending_authorization (
            state TEXT NOT NULL PRIMARY KEY, begun_by TEXT NOT NULL, expires INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
        """,

        // Null leaves the default; 0 is no limit.
        """
        CREATE TABLE org_limits (
            org TEXT NOT NULL PRIMARY KEY, instances INTEGER NULL, credentials INTEGER NULL, keys INTEGER NULL, connectors INTEGER NULL,
            rate INTEGER NULL, concurrency INTEGER NULL) STRICT;
        """,
    ];

    /// <summary>The tables of a version, in the words of a database.</summary>
    internal static IEnumerable<string> StepsFor(StateDatabase database) => _steps.Select(database.Translate);

    /// <summary>The version of this program's tables.</summary>
    internal static int Newest => _steps.Length;

    /// <summary>The steps to a version, in SQLite's words.</summary>
    internal static IEnumerable<string> StepsUpTo(int version) => _steps.Take(version);

    /// <summary>Makes the tables of a version in a database that has none, in a transaction of the caller.</summary>
    internal static async Task CreateAsync(StateDatabase database, DbConnection connection, int version)
    {
        await ExecuteAsync(connection, database.Translate(VersionTable));
        foreach (var step in StepsFor(database).Take(version))
        {
            await ExecuteAsync(connection, step);
        }

        await ExecuteAsync(connection, VersionIs(version));
    }

    /// <summary>Brings the tables to the newest version, all steps or none. Several programs may do it at once: one does.</summary>
    /// <exception cref="StateException">They are newer than this program.</exception>
    internal static async Task<int> MigrateAsync(StateDatabase database, DbConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await database.LockAsync(connection);
        await ExecuteAsync(connection, database.Translate(VersionTable));
        var version = Convert.ToInt32(await ExecuteAsync(connection, "SELECT coalesce(max(version), 0) FROM schema_version"), CultureInfo.InvariantCulture);
        if (version > _steps.Length)
        {
            throw new StateException(
                $"The state in {database.Name} has schema {version}, written by a newer program; this one knows schemas up to {_steps.Length}.");
        }

        if (version == _steps.Length)
        {
            return version;
        }

        foreach (var step in StepsFor(database).Skip(version))
        {
            await ExecuteAsync(connection, step);
        }

        await ExecuteAsync(connection, VersionIs(_steps.Length));
        await transaction.CommitAsync();
        return _steps.Length;
    }

    private static string VersionIs(int version) =>
        string.Create(CultureInfo.InvariantCulture, $"DELETE FROM schema_version; INSERT INTO schema_version VALUES ({version})");

    private static async Task<object?> ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}
