extern alias host;

using System.Text;
using Microsoft.Data.Sqlite;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Management;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;

namespace PluginRuntime.Host.Tests.State;

public sealed class SealingTests : IDisposable
{
    private const string Canary = "canary-canary-canary";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    private string KeyFile => Path.Combine(_directory.Data, "seal.key");

    private string StateFile => Path.Combine(_directory.Data, "state.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Put_Secrets_AreNowhereInTheDataDirectory()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        using (var program = await HostProgram.StartAsync(_directory))
        {
            using var client = program.Client(_directory);
            await client.ConnectAsync(
                "planted-name",
                $$"""{"connector":"stubborn","pool":{"size":1},"settings":{"password":"{{Canary}}"},"credentials":{"type":"bearer","token":"{{Canary}}"} }""");

            // While it runs, the log of the database holds what was written last.
            Assert.Equal(["state.db-wal"], Holding("planted-name").Intersect(["state.db-wal"]));
            Assert.Empty(Holding(Canary));
            program.Kill();
            await program.EndAsync();
        }

        Assert.NotEmpty(Holding("planted-name"));
        Assert.Empty(Holding(Canary));
        using var again = await HostProgram.StartAsync(_directory);
        using var reader = again.Client(_directory);
        await reader.ConnectedAsync("planted-name");
        Assert.Contains(Canary, await (await reader.PostAsync("api/instances/planted-name/actions/show", "{}")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WrittenUnsealed_IsSealedAndNothingOfItIsLeft()
    {
        Directory.CreateDirectory(_directory.Data);
        await using (var connection = new SqliteConnection($"Data Source={StateFile};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = """
                PRAGMA journal_mode = WAL;
                CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
                INSERT INTO schema_version VALUES (1);
                CREATE TABLE instance (name TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, config BLOB NOT NULL, is_trusted INTEGER NOT NULL) STRICT;
                CREATE TABLE instance_versions (name TEXT NOT NULL PRIMARY KEY, versions BLOB NOT NULL) STRICT;
                CREATE TABLE admin_key (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), hash BLOB NOT NULL) STRICT;
                CREATE TABLE decided (what TEXT NOT NULL PRIMARY KEY) STRICT;
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                INSERT INTO instance SELECT 'i' || i, i, CAST('{"x":"canary-canary-canary ' || hex(randomblob(50)) || '"}' AS BLOB), 1 FROM n;
                DELETE FROM instance WHERE revision > 250;
                """;
            await command.ExecuteNonQueryAsync();
        }

        Assert.NotEmpty(Holding(Canary));
        await using (var database = await SqliteStateDatabase.OpenAsync(StateFile))
        {
            var seal = await StateSealing.OpenAsync(database, new(KeyFile));

            Assert.Empty(Holding(Canary));
            var state = await new SqlStateStore(database, seal).LoadAsync(CancellationToken.None);
            Assert.Equal(250, state.Definitions.Count);
            Assert.StartsWith("""{"x":"canary-canary-canary """, Encoding.UTF8.GetString(state.Definitions["i7"].Config.Span), StringComparison.Ordinal);
        }

        Assert.Empty(Holding(Canary));
    }

    [Fact]
    public async Task Start_KeyIsMissingOrAnother_SaysSoAndMakesNone()
    {
        Directory.CreateDirectory(_directory.Data);
        await using (var database = await SqliteStateDatabase.OpenAsync(StateFile))
        {
            await StateSealing.OpenAsync(database, new(KeyFile));
        }

        var other = Path.Combine(_directory.Path, "other.key");
        File.Move(KeyFile, other);
        var (exitCode, _, error) = await HostProgram.FailAsync(_directory, null, "--urls", "http://127.0.0.1:0");
        Assert.Equal(1, exitCode);
        Assert.Contains(KeyFile, error, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyFile));

        var environment = new Dictionary<string, string> { ["PLUGINRUNTIME_SEAL_KEY_FILE"] = other };
        using (var program = await HostProgram.StartAsync(_directory, environment))
        {
            Assert.False(File.Exists(KeyFile));
        }

        await File.WriteAllTextAsync(other, Convert.ToBase64String(new byte[32]));
        (exitCode, _, error) = await HostProgram.FailAsync(_directory, environment, "--urls", "http://127.0.0.1:0");
        Assert.Equal(2, exitCode);
        Assert.Contains("another key", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WrongSettings_TellsEachAndNoSecret()
    {
        var environment = new Dictionary<string, string>
        {
            ["PluginRuntime__Credentials__good__TYPE"] = "bearer",
            ["PluginRuntime__Credentials__good__Token"] = "t",
            ["PluginRuntime__Credentials__bad__type"] = "basic",
            ["PluginRuntime__Credentials__bad__passwrod"] = Canary,
            ["PluginRuntime__References__Env__0"] = "A*",
            ["PluginRuntime__References__Files__0"] = _directory.Path,
            ["PluginRuntime__References__Files__1"] = "/nothing/there",
            ["PluginRuntime__References__File"] = "x",
        };

        var (exitCode, _, error) = await HostProgram.FailAsync(_directory, environment, "--urls", "http://127.0.0.1:0");

        Assert.Equal(2, exitCode);
        foreach (var expected in new[] { "Credentials:bad:username", "Credentials:bad:password", "Credentials:bad:passwrod", "Env:0", "Files:0", "Files:1", "References:File:" })
        {
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Credentials:good", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, error, StringComparison.Ordinal);
    }

    private IEnumerable<string> Holding(string text) => Directory.EnumerateFiles(_directory.Data, "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(path) != "host.lock")
        .Where(path =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
        })
        .Select(path => Path.GetFileName(path));
}
