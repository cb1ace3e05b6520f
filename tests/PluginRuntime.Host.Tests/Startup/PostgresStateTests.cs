using System.Net;
using Npgsql;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Hosts whose state is in PostgreSQL.</summary>
[Collection(PostgresShared.Name)]
public sealed class PostgresStateTests(PostgresShared shared) : IDisposable
{
    private const string Secret = "canary-canary-canary";
    private const string State = "PluginRuntime__State__ConnectionString";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    private string SealKey => Path.Combine(_directory.Path, "seal.key");

    public void Dispose() => _directory.Dispose();

    [PostgresFact]
    public async Task Restart_OnAFreshDataDirectory_FindsInstancesAndNoSecretIsInTheDatabase()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        var server = await StatePlace.DatabaseAsync(shared.Server);
        var secret = Path.Combine(_directory.Path, "connection");
        await File.WriteAllTextAsync(secret, server.ConnectionString + "\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        var environment = await EnvironmentAsync();
        string key;
        using (var host = await HostProgram.StartAsync(_directory, environment, "--state", $"${{file:{secret}}}"))
        {
            key = await File.ReadAllTextAsync(_directory.KeyFile);
            using var client = host.Client(_directory);
            await client.ConnectAsync(
                "planted-name",
                $$"""{"connector":"stubborn","pool":{"size":1},"settings":{"password":"{{Secret}}"},"credentials":{"type":"bearer","token":"{{Secret}}"} }""");
            await client.ConnectedAsync("demo");
            await (await client.SendAsync(HttpMethod.Delete, "api/instances/demo")).JsonAsync();
            Assert.Contains($"database '{server.Database}' on {PostgresServer.Host}:{shared.Server.Port}", host.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(server.Password!, host.Output + host.Error, StringComparison.Ordinal);
            host.Kill();
            await host.EndAsync();
        }

        Assert.False(File.Exists(Path.Combine(_directory.Data, "state.db")));
        var dump = await DumpAsync(server.Database!);
        Assert.Contains("planted-name", dump, StringComparison.Ordinal);
        Assert.Contains("\"instance\":\"planted-name\"", dump, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, dump, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Trim(), dump, StringComparison.Ordinal);

        // Another machine: nothing of the first one's data directory is there.
        using var elsewhere = new HostDirectory();
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, elsewhere.WithDrop().Drop, "stubborn");
        environment[State] = $"Host={server.Host};Port={server.Port};Database={server.Database};Username={server.Username};Password=${{env:STATE_PASSWORD}}";
        environment["STATE_PASSWORD"] = PostgresServer.Password;
        using var again = await HostProgram.StartAsync(elsewhere, environment);
        Assert.False(File.Exists(elsewhere.KeyFile));
        using var reader = new HttpClient { BaseAddress = again.Url };
        reader.DefaultRequestHeaders.Authorization = new("Bearer", key.Trim());
        await reader.ConnectedAsync("planted-name");
        Assert.Contains(Secret, await (await reader.PostAsync("api/instances/planted-name/actions/show", "{}")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await (await reader.SendAsync(HttpMethod.Get, "api/instances/demo")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [PostgresFact]
    public async Task Start_ByFourAtOnce_AllComeUpWithOneKey()
    {
        var server = await StatePlace.DatabaseAsync(shared.Server);
        var environment = await EnvironmentAsync(server);
        var directories = Enumerable.Range(0, 4).Select(_ => new HostDirectory()).ToList();
        try
        {
            var hosts = await Task.WhenAll(directories.Select(directory => HostProgram.StartAsync(directory, environment)));
            try
            {
                var key = await File.ReadAllTextAsync(Assert.Single(directories, directory => File.Exists(directory.KeyFile)).KeyFile);
                foreach (var host in hosts)
                {
                    using var client = new HttpClient { BaseAddress = host.Url };
                    client.DefaultRequestHeaders.Authorization = new("Bearer", key.Trim());
                    await client.GetJsonAsync("api/instances");
                }
            }
            finally
            {
                Array.ForEach(hosts, host => host.Dispose());
            }
        }
        finally
        {
            directories.ForEach(directory => directory.Dispose());
        }

        Assert.Equal("1", (await shared.Server.SqlAsync("SELECT count(*) FROM schema_version", server.Database!)).Trim());
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=app", true, 1, "could not be opened: Failed to connect to 127.0.0.1:1")]
    [InlineData("Host=127.0.0.1;Port=1;Username=app", false, 2, "PLUGINRUNTIME_SEAL_KEY_FILE: With the state in PostgreSQL")]
    [InlineData("Host=127.0.0.1;Password=canary-canary-canary;Prot=1", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("Host=127.0.0.1;Password=x;canary-canary-canary", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("Host=127.0.0.1;Port=canary-canary-canary", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("Data Source=canary-canary-canary.db", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("Username=canary-canary-canary", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("postgresql://app:canary-canary-canary@127.0.0.1/app", true, 2, "State:ConnectionString: It has to be a connection string")]
    [InlineData("Host=127.0.0.1;Password=${env:NO_SUCH_VARIABLE}", true, 2, "'NO_SUCH_VARIABLE' is not set")]
    [InlineData("${file:/no/such/file}", true, 2, "'/no/such/file' cannot be read")]
    public async Task Start_CannotBe_SaysWhyInOneSentence(string connection, bool hasSealKey, int expected, string sentence)
    {
        var environment = await EnvironmentAsync();
        environment[State] = connection;
        if (!hasSealKey)
        {
            environment.Remove("PLUGINRUNTIME_SEAL_KEY_FILE");
        }

        var (exitCode, _, error) = await HostProgram.FailAsync(_directory, environment, "--urls", "http://127.0.0.1:0");

        Assert.Equal(expected, exitCode);
        Assert.Contains(sentence, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_directory.Data, "state.db")));
    }

    [PostgresTheory]
    [InlineData("stop")]
    [InlineData("kill")]
    [InlineData("freeze")]
    public async Task Server_GoesAndComesBackUnderCallers_NoCallFailsAndSavesWorkAgain(string how)
    {
        await using var server = await PostgresServer.StartAsync();
        var where = await StatePlace.DatabaseAsync(server);
        (where.Timeout, where.CommandTimeout) = (1, 1);
        using var host = await HostProgram.StartAsync(_directory, await EnvironmentAsync(where));
        using var client = host.Client(_directory);
        await client.ConnectedAsync("demo");
        using var stop = new CancellationTokenSource();
        var (calls, failures) = (0, new System.Collections.Concurrent.ConcurrentQueue<string>());
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var response = await client.PostAsync("api/instances/demo/actions/echo", """{"text":"x"}""");
                if (!response.IsSuccessStatusCode)
                {
                    failures.Enqueue(await response.Content.ReadAsStringAsync());
                }

                Interlocked.Increment(ref calls);
            }
        })).ToList();
        await SaveAsync(client, "before");

        await (how == "stop" ? server.StopAsync() : how == "kill" ? server.KillAsync() : Task.Run(server.Freeze));
        await (await client.PutAsync("api/instances/during", """{"connector":"demo","pool":{"size":1}}""")).ProblemAsync(HttpStatusCode.ServiceUnavailable, "state.failed");

        // The stored key is looked for again and again: calls go on after it could not be read.
        await Poll.UntilAsync(() => host.Output.Contains("A key could not be looked up", StringComparison.Ordinal), () => host.Output);
        var then = Volatile.Read(ref calls);
        await Poll.UntilAsync(() => Volatile.Read(ref calls) > then + 100, () => "Calls do not go on.");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode);

        await (how == "freeze" ? Task.Run(server.Thaw) : server.StartAgainAsync());
        await SaveAsync(client, "after");
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Empty(failures);
        await (await client.SendAsync(HttpMethod.Get, "api/instances/during")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
        Assert.Equal("after,before,demo", (await server.SqlAsync("SELECT string_agg(name, ',' ORDER BY name) FROM instance", where.Database!)).Trim());
        Assert.False(host.HasExited);
    }

    private static async Task SaveAsync(HttpClient client, string name) =>
        await (await client.PutAsync($"api/instances/{name}", """{"connector":"demo","pool":{"size":1}}""")).JsonAsync();

    private async Task<Dictionary<string, string>> EnvironmentAsync(NpgsqlConnectionStringBuilder? server = null)
    {
        if (!File.Exists(SealKey))
        {
            await File.WriteAllTextAsync(SealKey, Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
            File.SetUnixFileMode(SealKey, UnixFileMode.UserRead);
        }

        var environment = new Dictionary<string, string> { ["PLUGINRUNTIME_SEAL_KEY_FILE"] = SealKey };
        if (server is not null)
        {
            environment[State] = server.ConnectionString;
        }

        return environment;
    }

    /// <summary>All rows of all tables as text, in which bytes that are text read as such.</summary>
    private async Task<string> DumpAsync(string database)
    {
        var tables = (await shared.Server.SqlAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("instance", tables);
        var rows = await Task.WhenAll(tables.Select(table => shared.Server.SqlAsync(
            $"SET bytea_output = 'escape'; SELECT replace({table}::text, '\"\"', '\"') FROM {table}", database)));
        return string.Join('\n', rows);
    }
}
