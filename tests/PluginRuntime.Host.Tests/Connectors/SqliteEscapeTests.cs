using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>
/// Tries to leave the sqlite connector's directory, by its setting, by what lies in the directory, and by SQL. A host whose directories are
/// compared before and after. (Who may put hard links there owns the files anyway: they cannot be told from files.)
/// </summary>
public sealed class SqliteEscapeTests : IAsyncLifetime
{
    private const string Canary = "the canary's own text";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private HostProgram _host = null!;
    private HttpClient _client = null!;

    private string Home => Path.Combine(_directory.Data, "sqlite");

    private string Outside => Path.Combine(_directory.Path, "outside");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Outside);
        await File.WriteAllTextAsync(Path.Combine(Outside, "canary.txt"), Canary);
        _host = await HostProgram.StartAsync(_directory);
        _client = _host.Client(_directory);
        Directory.CreateDirectory(Home);
    }

    public Task DisposeAsync()
    {
        _client?.Dispose();
        _host?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task DataSource_TriesToLeave_StaysOrIsRefused()
    {
        File.CreateSymbolicLink(Path.Combine(Home, "link.db"), Path.Combine(Outside, "canary.txt"));
        File.CreateSymbolicLink(Path.Combine(Home, "dangling.db"), Path.Combine(Outside, "new.db"));
        File.CreateSymbolicLink(Path.Combine(Home, "up.db"), "../outside/new.db");
        Directory.CreateSymbolicLink(Path.Combine(Home, "linked"), Outside);
        Directory.CreateSymbolicLink(Path.Combine(Home, "root"), "/");
        string[] refused =
        [
            "../outside/new.db", "a/../../outside/new.db", "./../new.db", "a//..//..//new.db", "..", ".", "a/..", "", "a.db\0", "\0../new.db",
            "link.db", "dangling.db", "up.db", "linked/new.db", "linked/../linked/new.db", $"root{Outside}/new.db", "linked/canary.txt",
            Path.Combine(_directory.Data, "admin.key"), Path.Combine(_directory.Data, "new.db"), $"/{_directory.Data}//new.db",
            Path.Combine(_directory.Data, "store", "new.db"), Path.Combine(_directory.Drop, "new.db"), Path.Combine(_directory.Drop, "..", "drop", "new.db"),
            Path.Combine(Home, "..", "new.db"), _directory.Data,
        ];
        string[] kept =
        [
            ":memory:", "file::memory:?cache=shared", $"file:{Outside}/new.db", $"file://{Outside}/new.db?mode=rwc&vfs=unix-none", "file:../new.db".Replace("..", "%2e%2e", StringComparison.Ordinal),
            "%2e%2e/new.db", "..\\new.db", "~/new.db", "$HOME/new.db", "new.db?mode=memory", "|DataDirectory|new.db", "a;Mode=Memory;b.db", "...", "a.db -- x",
        ];
        var before = Files();

        foreach (var dataSource in refused)
        {
            var response = await _client.PutAsync("api/instances/escape", Config(dataSource));
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"'{dataSource}' gave {response.StatusCode}");
        }

        Assert.Equal(before, Files());
        for (var index = 0; index < kept.Length; index++)
        {
            await _client.ConnectAsync($"kept{index}", Config(kept[index]));
            await RunAsync($"kept{index}", "CREATE TABLE t (id INTEGER)");
            Assert.True(File.Exists(Path.GetFullPath(kept[index], Home)), kept[index]);
        }

        Assert.Equal(before, Files());
        Assert.Equal(Canary, await File.ReadAllTextAsync(Path.Combine(Outside, "canary.txt")));
    }

    [Fact]
    public async Task SideFiles_AreLinks_NothingIsWrittenThroughThem()
    {
        var before = Files();
        foreach (var suffix in new[] { "-wal", "-shm", "-journal" })
        {
            File.CreateSymbolicLink(Path.Combine(Home, $"old.db{suffix}"), Path.Combine(Outside, "canary.txt"));
            File.CreateSymbolicLink(Path.Combine(Home, $"new.db{suffix}"), Path.Combine(Outside, $"new{suffix}"));
        }

        foreach (var name in new[] { "old", "new" })
        {
            await (await _client.PutAsync($"api/instances/{name}", Config($"{name}.db"))).JsonAsync();
            await Poll.UntilAsync(
                async () => (await _client.GetJsonAsync($"api/instances/{name}")).GetProperty("status") is var status
                    && (status.GetProperty("isConnected").GetBoolean() || status.GetProperty("lastError").ValueKind == JsonValueKind.Object),
                () => $"'{name}' neither connects nor fails.");
            await _client.PostAsync($"api/instances/{name}/actions/execute", """{"sql":"CREATE TABLE t (id INTEGER)"}""");
        }

        Assert.Equal(before, Files());
        Assert.Equal(Canary, await File.ReadAllTextAsync(Path.Combine(Outside, "canary.txt")));
    }

    [Fact]
    public async Task File_BecomesALink_IsRefusedAtTheNextConnect()
    {
        await _client.ConnectAsync("swapped", Config("swapped.db"));
        await (await _client.PostAsync("api/instances/swapped/disconnect")).JsonAsync();
        File.Delete(Path.Combine(Home, "swapped.db"));
        File.CreateSymbolicLink(Path.Combine(Home, "swapped.db"), Path.Combine(Outside, "new.db"));
        var before = Files();

        var response = await _client.PostAsync("api/instances/swapped/connect");

        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal(["/settings/dataSource"], problem.Pointers());
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Sql_ReachesForOtherFiles_IsRefused()
    {
        await _client.ConnectAsync("sql", Config("sql.db"));
        await RunAsync("sql", "CREATE TABLE t (id INTEGER)");
        var canary = Path.Combine(Outside, "canary.txt");
        var target = Path.Combine(Outside, "new.db");
        string[] refused =
        [
            $"ATTACH '{target}' AS o", $"ATTACH 'file:{target}?mode=rwc' AS o", "ATTACH ':memory:' AS o", "ATTACH '' AS o", $"attach database '{target}' as o key 'x'",
            "VACUUM", $"VACUUM INTO '{target}'", $"VACUUM main INTO 'file:{target}'", "DETACH main",
            $"SELECT load_extension('{target}')", $"SELECT readfile('{canary}')", $"SELECT writefile('{target}', 'x')", $"SELECT edit('x', 'touch {target}')",
            $"SELECT * FROM fsdir('{Outside}')", $"SELECT * FROM zipfile('{canary}')", $"CREATE VIRTUAL TABLE c USING csv(filename='{canary}')",
            $"CREATE VIRTUAL TABLE c USING zipfile('{target}')", "SELECT fts3_tokenizer('simple', x'0000000000000000')",
            "PRAGMA writable_schema = ON", "PRAGMA trusted_schema = ON", $"PRAGMA temp_store_directory = '{Outside}'", $"PRAGMA data_store_directory = '{Outside}'",
            "PRAGMA journal_mode = OFF", "PRAGMA locking_mode = EXCLUSIVE", "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, 'x')",
            $"BEGIN; ATTACH '{target}' AS o", $"SELECT 1; ATTACH '{target}' AS o", $".open {target}", $".output {target}", $".backup {target}",
        ];
        var before = Files();

        foreach (var sql in refused)
        {
            foreach (var (action, input) in new (string, object)[] { ("query", new { sql }), ("execute", new { sql }), ("transaction", new { statements = new[] { new { sql } } }) })
            {
                var response = await _client.PostAsync($"api/instances/sql/actions/{action}", JsonSerializer.Serialize(input));
                Assert.True(response.StatusCode == HttpStatusCode.UnprocessableEntity, $"{action} {sql} gave {response.StatusCode}");
                Assert.DoesNotContain(Canary, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(before, Files());
    }

    private static string Config(string dataSource) =>
        JsonSerializer.Serialize(new { connector = "sqlite", settings = new { dataSource, busyTimeout = "1s" }, pool = new { size = 1 }, maxRetries = 0 });

    private async Task RunAsync(string instance, string sql) =>
        await (await _client.PostAsync($"api/instances/{instance}/actions/execute", JsonSerializer.Serialize(new { sql }))).JsonAsync();

    /// <summary>Every file round the connector's directory, but for the host's own that come and go.</summary>
    private List<string> Files() =>
        [.. Directory.EnumerateFileSystemEntries(_directory.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => !file.StartsWith(Home, StringComparison.Ordinal) && !file.Contains("/store", StringComparison.Ordinal) && !Path.GetFileName(file).StartsWith("state", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
}
