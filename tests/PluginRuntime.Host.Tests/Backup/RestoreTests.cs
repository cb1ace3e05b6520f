using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Cli;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.Secrets;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Backup;

/// <summary>Hosts whose state is written out while they serve, and hosts that go on with it elsewhere.</summary>
[Collection(PostgresShared.Name)]
public sealed class RestoreTests(PostgresShared shared) : IAsyncLifetime
{
    private const string State = "PluginRuntime__State__ConnectionString";
    private const string Planted = "planted-5d20c";

    private readonly HostDirectory _one = new HostDirectory().WithDrop();
    private readonly HostDirectory _two = new HostDirectory().WithDrop();
    private readonly Canary _inline = Canary.InHeader("Inline");
    private readonly Canary _stored = Canary.InHeader("Stored");
    private readonly Canary _setting = Canary.Of("Setting");
    private readonly Upstream _upstream = new Upstream(Canary.InHeader("Granted"), Canary.Of("Rotated")).Start(Canary.InHeader("Refused"));

    private string SealKey => Path.Combine(_one.Path, "seal.key");

    private string Admin => File.ReadAllText(_one.KeyFile).Trim();

    public async Task InitializeAsync()
    {
        await WriteKeyAsync(SealKey, 7);
        foreach (var directory in new[] { _one, _two })
        {
            ConnectorFolder.Drop(ConnectorFolder.Stubborn, directory.Drop, "stubborn");
        }
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _one.Dispose();
        _two.Dispose();
    }

    [Theory]
    [InlineData(StateKind.Sqlite, StateKind.Sqlite)]
    [PostgresCase(StateKind.Sqlite)]
    [PostgresCase(StateKind.Postgres)]
    public Task Restore_OfAHostThatServed_GoesOnElsewhere(StateKind from, StateKind to) => MoveAsync(from, to);

    [PostgresFact]
    public Task Restore_OfAFileIntoPostgres_GoesOnThere() => MoveAsync(StateKind.Sqlite, StateKind.Postgres);

    [Fact]
    public async Task Restore_OfABrokenFile_ExitsWithASentenceAndMakesNothing()
    {
        var file = Path.Combine(_one.Path, "backup");
        BackupText.Write(file, 5, "org", [["default", 0]]);
        var whole = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, whole[..^20]);
        var (code, output, error) = await RestoreAsync(_two, StateKind.Sqlite, file);
        Assert.Equal((1, "", $"{file} is broken at line 11: it ends in the middle of a line, or the line is too long.\n"), (code, output, error));

        whole[whole.Length / 2] ^= 4;
        await File.WriteAllBytesAsync(file, whole);
        Assert.Equal(1, (await RestoreAsync(_two, StateKind.Sqlite, file)).ExitCode);
        BackupText.Write(file, 5, "org", [["default", "0"]]);
        Assert.Equal((1, "A row of the table 'org' has a value of another type than its column.\n"), Told(await RestoreAsync(_two, StateKind.Sqlite, file)));
        Assert.Equal((1, $"{file}.not cannot be read: Could not find file '{file}.not'.\n"), Told(await RestoreAsync(_two, StateKind.Sqlite, file + ".not")));
        Assert.Equal((2, "'restore' needs the file of a backup: restore FILE.\n"), Told(await HostProgram.FailAsync(_two, [], "restore", "--data", _two.Data)));

        // A host starts there as on a fresh directory.
        using var host = await HostProgram.StartAsync(_two);
        using var client = host.Client(_two);
        await client.ConnectedAsync("demo");
    }

    /// <summary>A kill may come too late, when all is there: then it is tried again, until one came in between and left nothing.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Restore_Killed_LeavesAllOrNothing(StateKind kind)
    {
        const int Rows = 80;
        const int Tries = 20;
        var file = Path.Combine(_one.Path, "backup");
        BackupText.Write(file, 8, "token", Enumerable.Range(0, Rows).Select(i => new object?[] { $"token{i:00}", new byte[1024 * 1024] }));
        Dictionary<string, string> environment = [];
        var left = -1L;
        for (var tried = 0; tried < Tries && left != 0; tried++)
        {
            Array.ForEach(Directory.Exists(_two.Data) ? Directory.GetFiles(_two.Data, "state.db*") : [], File.Delete);
            environment = await EnvironmentAsync(kind);
            using var restoring = HostProgram.Launch(_two, environment, "restore", file);
            await Poll.UntilAsync(() => IsInsertingAsync(kind, environment), () => $"It does not insert: {restoring.Output}{restoring.Error}");
            restoring.Kill();
            await restoring.EndAsync();
            await Poll.UntilAsync(() => IsAloneAsync(kind, environment), () => "The server has not noticed.");
            left = await CountAsync(kind, environment, kind == StateKind.Postgres ? "pg_tables WHERE schemaname = 'public'" : "sqlite_schema");
            Assert.Equal(left == 0 ? 0 : Rows, left == 0 ? 0 : await CountAsync(kind, environment, "token"));
        }

        Assert.Equal(0, left);
        BackupText.Write(file, 8, "token", [["one", new byte[3]]]);
        var (code, output, error) = await HostProgram.FailAsync(_two, environment, "restore", file);
        Assert.True(code == 0, error);
        Assert.StartsWith("1 rows of ", output, StringComparison.Ordinal);
        (code, output, error) = await HostProgram.FailAsync(_two, environment, "restore", file);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("is not empty: it has the tables ", error, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Backup_ServerIsLostMeanwhile_IsNoWholeFile()
    {
        var environment = await EnvironmentAsync(StateKind.Postgres);
        var database = Database(environment);
        using var host = await HostProgram.StartAsync(_one, environment);
        using var client = host.Client(_one);
        await shared.Server.SqlAsync("INSERT INTO token (key, tokens) SELECT 'x' || i, decode(repeat('ab', 1048576), 'hex') FROM generate_series(1, 60) i", database);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/admin/backup");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1024]);

        await shared.Server.SqlAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()");

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
        await Poll.UntilAsync(() => host.Output.Contains("could not be read", StringComparison.Ordinal), () => $"The log does not say why: {host.Output}");
    }

    private async Task MoveAsync(StateKind from, StateKind to)
    {
        var evidence = new Evidence();
        var file = Path.Combine(_one.Path, "backup");
        string reader, acme;
        using (var host = await HostProgram.StartAsync(_one, await EnvironmentAsync(from)))
        {
            using var client = host.Client(_one);
            (reader, acme) = await FillAsync(client);
            await WriteMeanwhileAsync(client, () => BackUpAsync(host, file));
            evidence.Add("backup", await File.ReadAllBytesAsync(file));
            host.Kill();
            await host.EndAsync();
        }

        Assert.True(evidence.Has("backup", Canary.Known(Planted, "nobody")));
        var secrets = new[] { _inline, _stored, _setting, Canary.Known(Admin, "nobody"), Canary.Known(reader, "nobody"), Canary.Known(acme, "nobody") };
        Assert.Equal([], secrets.SelectMany(evidence.Find));
        await AssertOneMomentAsync(await File.ReadAllBytesAsync(file));

        var environment = await EnvironmentAsync(to);
        var (code, output, error) = await HostProgram.FailAsync(_two, environment, "restore", file);
        Assert.True(code == 0, error);
        Assert.Contains("They are sealed with the key ", output, StringComparison.Ordinal);

        var other = Path.Combine(_two.Path, "other.key");
        await WriteKeyAsync(other, 9);
        Assert.Contains("seal", (await HostProgram.FailAsync(_two, new Dictionary<string, string>(environment) { ["PLUGINRUNTIME_SEAL_KEY_FILE"] = other })).Error, StringComparison.Ordinal);

        using var again = await HostProgram.StartAsync(_two, environment);
        await AssertServesAsync(again, reader, acme);
    }

    /// <returns>The texts of two keys: one that reads, one of another org.</returns>
    private async Task<(string Reader, string Acme)> FillAsync(HttpClient client)
    {
        await (await client.PutAsync("api/credentials/crm", $$$"""{"type":"bearer","token":{{{_stored.Json}}},"connectors":["http"],"hosts":["127.0.0.1"]}""")).JsonAsync();
        await client.ConnectAsync("by-name", $$$"""{"connector":"http","settings":{"baseUrl":"{{{_upstream.Url}}}"},"credentials":"crm"}""");
        await client.ConnectAsync("inline", $$$"""{"connector":"http","settings":{"baseUrl":"{{{_upstream.Url}}}"},"credentials":{"type":"bearer","token":{{{_inline.Json}}} } }""");
        await client.ConnectAsync(Planted, $$$"""{"connector":"stubborn","settings":{"password":{{{_setting.Json}}} } }""");
        await (await client.PostAsync("api/connectors/register", Manifest("weather", "1.0.0"))).JsonAsync();
        await (await client.PutAsync("api/connectors/weather", Manifest("weather", "1.1.0"))).JsonAsync();
        await (await client.PostAsync("api/connectors/register", Manifest("gone", "1.0.0"))).JsonAsync();
        await (await client.SendAsync(HttpMethod.Delete, "api/connectors/gone")).JsonAsync();
        await (await client.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        return ((await client.KeyAsync("default", "read")).Text, (await client.KeyAsync("acme", "manage", "read")).Text);
    }

    private async Task AssertServesAsync(HostProgram host, string reader, string acme)
    {
        using var client = host.With(Admin);
        foreach (var (instance, token) in new[] { ("by-name", _stored), ("inline", _inline) })
        {
            await client.ConnectedAsync(instance);
            await (await client.PostAsync($"api/instances/{instance}/actions/get", $$"""{"path":"/{{instance}}"}""")).JsonAsync();
            Assert.True(_upstream.WasSentHeader("Authorization", "Bearer " + token.Value));
        }

        await client.ConnectedAsync(Planted);
        Assert.Equal(_setting.Value, (await (await client.PostAsync($"api/instances/{Planted}/actions/show", "{}")).JsonAsync()).GetProperty("password").GetString());
        Assert.Equal(
            ["1.1.0", "1.0.0"],
            (await client.GetJsonAsync("api/connectors/weather/versions")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("version").GetString()));
        await (await client.PostAsync("api/connectors/register", Manifest("gone", "1.0.0"))).ProblemAsync(HttpStatusCode.Conflict, "version.taken");
        var check = await client.GetJsonAsync("api/audit/check");
        Assert.True(check.GetProperty("whole").GetBoolean(), check.GetRawText());
        using var reads = host.With(reader);
        Assert.Equal("default", (await reads.GetJsonAsync("api/key")).GetProperty("org").GetString());
        using var ofAcme = host.With(acme);
        await (await ofAcme.PutAsync("api/instances/own", """{"connector":"demo","enabled":false}""")).JsonAsync();

        // What is changed now goes on after what was there.
        var before = (await client.GetJsonAsync("api/instances/inline")).GetProperty("revision").GetInt64();
        var changed = await (await client.SendAsync(HttpMethod.Patch, "api/instances/inline", Http.Json("""{"timeout":"9s"}""", "application/merge-patch+json"))).JsonAsync();
        Assert.True(changed.GetProperty("revision").GetInt64() > before);
        Assert.True((await client.GetJsonAsync("api/audit/check")).GetProperty("whole").GetBoolean());
    }

    /// <summary>Changes instances for as long as something lasts, and a few more before and after it.</summary>
    private static async Task WriteMeanwhileAsync(HttpClient client, Func<Task> work)
    {
        using var stop = new CancellationTokenSource();
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writer = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await (await client.PutAsync($"api/instances/written{i % 7}", $$$"""{"connector":"demo","enabled":false,"pool":{"size":{{{(i % 50) + 1}}}}}""")).JsonAsync();
                if (i == 20)
                {
                    writing.SetResult();
                }
            }
        });
        await Task.WhenAny(writing.Task, writer);
        await work();
        await stop.CancelAsync();
        await writer;
    }

    /// <summary>Changes and the entries about them are made together: one is there if the other is.</summary>
    private static async Task AssertOneMomentAsync(byte[] file)
    {
        var rows = await BackupText.RowsAsync(file);
        var told = rows["change"].Where(change => change["event"].ValueKind != JsonValueKind.Null).Max(change => change["revision"].GetInt64());
        var audited = rows["audit"].Select(entry => JsonElement.Parse(entry["body"].GetString()!)).Max(entry => entry.GetProperty("change") is { ValueKind: JsonValueKind.Number } change ? change.GetInt64() : 0);
        Assert.Equal(told, audited);
        Assert.Equal(rows["audit"].Count(), rows["audit"].Max(entry => entry["sequence"].GetInt64()));
    }

    private async Task BackUpAsync(HostProgram host, string file)
    {
        var run = await CliRun.OfAsync("backup", file, "--url", host.Url!.ToString(), "--key", Admin);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(run, await CliRun.OfAsync("backup", "--check", file));
    }

    private async Task<(int ExitCode, string Output, string Error)> RestoreAsync(HostDirectory directory, StateKind kind, string file) =>
        await HostProgram.FailAsync(directory, await EnvironmentAsync(kind), "restore", file);

    private static (int ExitCode, string Error) Told((int ExitCode, string Output, string Error) ended) => (ended.ExitCode, ended.Error);

    private async Task<Dictionary<string, string>> EnvironmentAsync(StateKind kind)
    {
        var environment = new Dictionary<string, string> { ["PLUGINRUNTIME_SEAL_KEY_FILE"] = SealKey };
        if (kind == StateKind.Postgres)
        {
            environment[State] = (await StatePlace.DatabaseAsync(shared.Server)).ConnectionString;
        }

        return environment;
    }

    private static string Database(Dictionary<string, string> environment) => new Npgsql.NpgsqlConnectionStringBuilder(environment[State]).Database!;

    private async Task<bool> IsInsertingAsync(StateKind kind, Dictionary<string, string> environment) => kind == StateKind.Sqlite
        ? new FileInfo(Path.Combine(_two.Data, "state.db-wal")) is { Exists: true, Length: > 1024 * 1024 }
        : (await shared.Server.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{Database(environment)}' AND query LIKE 'INSERT INTO \"token\"%'")).Trim() == "1";

    private async Task<bool> IsAloneAsync(StateKind kind, Dictionary<string, string> environment) => kind == StateKind.Sqlite
        || (await shared.Server.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{Database(environment)}'")).Trim() == "0";

    private async Task<long> CountAsync(StateKind kind, Dictionary<string, string> environment, string table)
    {
        if (kind == StateKind.Postgres)
        {
            return long.Parse((await shared.Server.SqlAsync($"SELECT count(*) FROM {table}", Database(environment))).Trim(), System.Globalization.CultureInfo.InvariantCulture);
        }

        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_two.Data, "state.db")};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = $"SELECT count(*) FROM {table}";
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string Manifest(string id, string version) =>
        $$$"""
        {"manifest":{"manifestVersion":1,"id":"{{{id}}}","name":"Named","version":"{{{version}}}","auth":{"type":"none"},
            "actions":[{"id":"now","name":"Now","http":{"method":"GET","path":"/now"}}],"http":{"baseUrl":"http://127.0.0.1:1"} } }
        """;

    private static async Task WriteKeyAsync(string path, byte seed)
    {
        await File.WriteAllTextAsync(path, Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(i * seed))]));
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
    }
}
