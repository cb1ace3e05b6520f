using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>The postgres connector in a real runtime: configured, called, swapped, and through an outage of its server.</summary>
public sealed class PostgresInstanceTests(PostgresShared shared) : IClassFixture<PostgresShared>
{
    [PostgresFact]
    public async Task Instance_FromTheConfigFile_ServesAndSwaps()
    {
        await using var test = await StartAsync();
        await test.CallAsync("execute", """{"sql":"CREATE TABLE instance (id bigint, name text)"}""", "pg");
        await test.CallAsync("transaction", """{"statements":[{"sql":"INSERT INTO instance VALUES ($1, $2)","parameters":[9007199254740993,"a"]}]}""", "pg");

        var ended = await test.Runtime.Swaps.Swap("pg", SemanticVersion.Parse("1.0.0")).Ended;

        Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
        Assert.Equal(
            """{"columns":["id","name"],"rows":[{"id":9007199254740993,"name":"a"}],"truncated":false}""",
            (await test.CallAsync("query", """{"sql":"SELECT * FROM instance WHERE id = @id","parameters":{"id":"9007199254740993"}}""", "pg")).GetRawText());
        await test.UntilAsync(_ => test.Runtime.Watch.Facts().Any(fact => fact.Connector == "postgres" && fact.CollectedAt is not null), "pg");
    }

    [PostgresFact]
    public async Task Instance_ServerIsRestarted_NoCallFails()
    {
        await using var test = await StartAsync();
        await test.CallAsync("execute", """{"sql":"CREATE TABLE restarted (n int)"}""", "pg");

        await shared.Server.StopAsync();
        await shared.Server.StartAgainAsync();

        // Every pooled connection is dead by now: not sent, so tried again.
        for (var call = 0; call < 4; call++)
        {
            await test.CallAsync("execute", """{"sql":"INSERT INTO restarted VALUES (1)"}""", "pg");
        }

        var count = await test.CallAsync("query", """{"sql":"SELECT count(*) AS n FROM restarted"}""", "pg");
        Assert.Equal(4, count.GetProperty("rows")[0].GetProperty("n").GetInt32());
    }

    [PostgresFact]
    public async Task Instance_ServerFreezes_CallsEndAndComeBack()
    {
        await using var test = await StartAsync("""
            "attemptTimeout":"300ms","timeout":"1s","retry":{"maxRetries":1,"baseDelay":"10ms","maxDelay":"10ms"}
            """);
        await test.CallAsync("query", """{"sql":"SELECT 1"}""", "pg");
        shared.Server.Freeze();
        try
        {
            var calls = Enumerable.Range(0, 16).Select(_ => test.CallAsync("query", """{"sql":"SELECT 1"}""", "pg")).ToList();
            foreach (var call in calls)
            {
                await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => call.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System));
            }
        }
        finally
        {
            shared.Server.Thaw();
        }

        await UntilServedAsync(test);
    }

    private static async Task UntilServedAsync(RuntimeUnderTest test)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            try
            {
                await test.CallAsync("query", """{"sql":"SELECT 1"}""", "pg");
                return;
            }
            catch (PluginRuntimeException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, bound.Token);
            }
        }
    }

    private async Task<RuntimeUnderTest> StartAsync(string more = "\"timeout\":\"30s\"")
    {
        var test = RuntimeUnderTest.Create();
        var built = FixturePackages.BuiltPlugin("Postgres");
        FixturePackages.Drop(built, test.DropFolder, "postgres-0", "1.0.0");
        FixturePackages.Drop(built, test.DropFolder, "postgres-1", "1.0.1");
        await File.WriteAllTextAsync(
            test.ConfigFile,
            $$$"""
            {"instances":{"pg":{"connector":"postgres","version":"~1.0.0","host":"{{{PostgresServer.Host}}}","port":{{{shared.Server.Port}}},
              "settings":{"database":"{{{PostgresServer.Database}}}","username":"{{{PostgresServer.Guest}}}"},"pool":{"size":4,"min":2},"bake":{"time":"0s"},{{{more}}} } }}
            """);
        await test.StartAsync();
        await test.UntilVersionAsync("1.0.1", "pg");
        return test;
    }
}
