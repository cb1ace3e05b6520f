extern alias host;

using System.Reflection;
using Npgsql;
using PluginRuntime.Host.State;
using PluginRuntime.Tests.Running;
using Xunit.Sdk;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

/// <summary>What keeps the state.</summary>
public enum StateKind
{
    Sqlite,
    Postgres,
}

/// <summary>The case of a theory that runs on PostgreSQL: reported as skipped where its programs are missing.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class PostgresCaseAttribute(params object[] more) : DataAttribute
{
    public override string Skip { get; set; } = PostgresServer.Missing!;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[StateKind.Postgres, .. more]];
}

/// <summary>A state of a test's own: a file in a temporary directory, or an empty database.</summary>
internal sealed class StatePlace : IDisposable
{
    private static int _count;

    private StatePlace(NpgsqlConnectionStringBuilder? server) => Server = server;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("state-").FullName;

    public string KeyFile => Path.Combine(Directory, "seal.key");

    /// <summary>Where the database is; null for a file.</summary>
    public NpgsqlConnectionStringBuilder? Server { get; }

    public static async Task<StatePlace> CreateAsync(StateKind kind, PostgresShared shared) =>
        new(kind == StateKind.Postgres ? await DatabaseAsync(shared.Server) : null);

    /// <summary>Makes an empty database, as the one whom the host is to log in as needs it.</summary>
    public static async Task<NpgsqlConnectionStringBuilder> DatabaseAsync(PostgresServer server)
    {
        var name = $"state{Interlocked.Increment(ref _count)}";
        await server.SqlAsync($"CREATE DATABASE {name} OWNER {PostgresServer.Username}");
        return new()
        {
            Host = PostgresServer.Host,
            Port = server.Port,
            Database = name,
            Username = PostgresServer.Username,
            Password = PostgresServer.Password,
            MaxPoolSize = 4,
            Timeout = 3,
            CommandTimeout = 5,
        };
    }

    public Task<StateDatabase> OpenAsync() =>
        Server is null ? SqliteStateDatabase.OpenAsync(Path.Combine(Directory, "state.db")) : PostgresStateDatabase.OpenAsync(Server);

    /// <summary>The database as it is, without tables where there are none.</summary>
    public StateDatabase AsItIs() => Server is null ? SqliteStateDatabase.AsItIs(Path.Combine(Directory, "state.db")) : PostgresStateDatabase.AsItIs(Server);

    /// <param name="database">This place's.</param>
    /// <param name="host">Which of several hosts; empty where there is one.</param>
    public async Task<SqlStateStore> StoreAsync(StateDatabase database, string host = "") => new(database, await StateSealing.OpenAsync(database, new(KeyFile)), host);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
