using System.Diagnostics;
using System.Text.Json.Nodes;
using PluginRuntime.Management;
using PluginRuntime.Tests.Plugins.Http;
using PluginRuntime.Tests.Running;
using PluginRuntime.Versioning;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Management;

public sealed class LongProofTests(ITestOutputHelper output)
{
    [LongFact]
    public Task Sqlite_Used20SecondsAndSwappedAway_IsCollected100TimesOver() =>
        UseAndSwapAsync("sqlite", "Sqlite", rounds: 10, lane => $$$"""{"settings":{"dataSource":"db{{{lane}}}.db"}}""");

    [LongFact(NeedsPostgres = true)]
    public async Task Postgres_Used20SecondsAndSwappedAway_IsCollected50TimesOver()
    {
        await using var server = await PostgresServer.StartAsync();
        await UseAndSwapAsync(
            "postgres", "Postgres", rounds: 5,
            _ => $$$"""{"host":"{{{PostgresServer.Host}}}","port":{{{server.Port}}},"settings":{"database":"{{{PostgresServer.Database}}}","username":"{{{PostgresServer.Guest}}}"}}""");
    }

    /// <summary>
    /// The http connector, for 20 s, swapped away, seen collected; 50 times, in 10 lanes side by side. Every other lane lets its socket lie
    /// idle for that time, because what holds an idle one may come only later.
    /// </summary>
    [LongFact]
    public async Task Http_Used20SecondsAndSwappedAway_IsCollected50TimesOver()
    {
        const int Lanes = 10;
        const int Rounds = 5;
        await using var server = new HttpServer();
        await using var test = RuntimeUnderTest.Create();
        var built = FixturePackages.BuiltPlugin("Http");
        for (var lane = 0; lane < Lanes; lane++)
        {
            FixturePackages.Drop(built, test.DropFolder, $"http-{lane}-0", $"1.{lane}.0");
            FixturePackages.Drop(built, test.DropFolder, $"http-{lane}-1", $"1.{lane}.1");
        }

        await test.StartAsync(options =>
        {
            options.CollectInterval = TimeSpan.FromSeconds(10);
            for (var lane = 0; lane < Lanes; lane++)
            {
                options.Instances[$"api{lane}"] =
                    $$$"""{"connector":"http","version":"~1.{{{lane}}}.0","settings":{"baseUrl":"{{{server.Url}}}/v1"},"pool":{"size":4,"min":1},"bake":{"time":"0s"}}""";
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunHttpLaneAsync(test, lane, Rounds))));

        await test.UntilAsync(
            _ => test.Runtime.Watch.Facts() is { Count: >= Lanes * Rounds } facts && facts.All(fact => fact.CollectedAt is not null), "api0");
        var collected = test.Runtime.Watch.Facts().Count(fact => fact is { Connector: "http", CollectedAt: not null });
        output.WriteLine($"{server.Requests.Count} requests on {server.Connections} sockets, {collected} contexts collected");
        Assert.Equal(Lanes * Rounds, collected);
        Assert.All(test.Runtime.Watch.Facts(), fact => Assert.Null(fact.HeldBy));
    }

    [LongFact]
    public async Task Swap_500TimesUnderLoad_LosesNoCall()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.1.0");
        await using var load = new CallLoad(test, callers: 8);
        await using var slow = new CallLoad(test, callers: 2, "sleep", """{"milliseconds":30}""");
        var before = Environment.WorkingSet / 1_048_576;

        for (var i = 0; i < 500; i++)
        {
            var ended = await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse(i % 2 == 0 ? "1.0.0" : "1.1.0")).Ended;
            Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
        }

        Assert.Empty((await load.StopAsync()).Failures);
        Assert.Empty((await slow.StopAsync()).Failures);
        await test.UntilAsync(_ => test.Runtime.Watch.Facts() is { Count: >= 499 } facts && facts.All(fact => fact.CollectedAt is not null));
        output.WriteLine($"{load.Calls + slow.Calls} calls, 500 swaps, 0 failed, resident {before} MB before, {Environment.WorkingSet / 1_048_576} MB after");
    }

    /// <summary>
    /// A connector, used for 20 s, swapped away, seen collected; over and over, in 10 lanes side by side. Each lane swaps between two
    /// versions of its own, so that every swap loads a context and every swap unloads one.
    /// </summary>
    private async Task UseAndSwapAsync(string connector, string plugin, int rounds, Func<int, string> config)
    {
        const int Lanes = 10;
        await using var test = RuntimeUnderTest.Create();
        var built = FixturePackages.BuiltPlugin(plugin);
        for (var lane = 0; lane < Lanes; lane++)
        {
            FixturePackages.Drop(built, test.DropFolder, $"{connector}-{lane}-0", $"1.{lane}.0");
            FixturePackages.Drop(built, test.DropFolder, $"{connector}-{lane}-1", $"1.{lane}.1");
        }

        await test.StartAsync(options =>
        {
            options.CollectInterval = TimeSpan.FromSeconds(10);
            for (var lane = 0; lane < Lanes; lane++)
            {
                var instance = JsonNode.Parse(config(lane))!.AsObject();
                instance["connector"] = connector;
                instance["version"] = $"~1.{lane}.0";
                instance["pool"] = new JsonObject { ["size"] = 4, ["min"] = 1 };
                instance["bake"] = new JsonObject { ["time"] = "0s" };
                options.Instances[$"db{lane}"] = instance.ToJsonString();
            }
        });
        var before = Environment.WorkingSet / 1_048_576;

        var calls = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLaneAsync(test, lane, rounds))));

        await test.UntilAsync(
            _ => test.Runtime.Watch.Facts() is var facts && facts.Count >= Lanes * rounds && facts.All(fact => fact.CollectedAt is not null), "db0");
        var collected = test.Runtime.Watch.Facts().Count(fact => fact.Connector == connector && fact.CollectedAt is not null);
        output.WriteLine($"{calls.Sum()} calls, {collected} contexts collected, resident {before} MB before, {Environment.WorkingSet / 1_048_576} MB after");
        Assert.Equal(Lanes * rounds, collected);
        Assert.All(test.Runtime.Watch.Facts(), fact => Assert.Null(fact.HeldBy));
    }

    private static async Task<int> RunLaneAsync(RuntimeUnderTest test, int lane, int rounds)
    {
        var instance = $"db{lane}";
        await test.CallAsync("execute", $$"""{"sql":"CREATE TABLE {{instance}} (x TEXT)"}""", instance);
        var calls = 0;
        for (var round = 0; round < rounds; round++)
        {
            var used = Stopwatch.StartNew();
            while (used.Elapsed < TimeSpan.FromSeconds(20))
            {
                await test.CallAsync("execute", $$$"""{"sql":"INSERT INTO {{{instance}}} (x) VALUES (@x)","parameters":{"x":"some text"}}""", instance);
                var answer = await test.CallAsync("query", $$"""{"sql":"SELECT count(*) AS n FROM {{instance}}"}""", instance);
                Assert.True(answer.GetProperty("rows")[0].GetProperty("n").GetInt64() > 0);
                calls += 2;
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            await SwapLaneAsync(test, instance, lane);
        }

        return calls;
    }

    private static async Task RunHttpLaneAsync(RuntimeUnderTest test, int lane, int rounds)
    {
        var instance = $"api{lane}";
        var pause = lane % 2 == 0 ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromSeconds(20);
        for (var round = 0; round < rounds; round++)
        {
            var used = Stopwatch.StartNew();
            while (used.Elapsed < TimeSpan.FromSeconds(20))
            {
                await test.CallAsync("request", """{"method":"POST","path":"/things","body":{"a":1}}""", instance);
                var answer = await test.CallAsync("get", """{"path":"/things"}""", instance);
                Assert.Equal(200, answer.GetProperty("status").GetInt32());
                await Task.Delay(pause, TimeProvider.System);
            }

            await SwapLaneAsync(test, instance, lane);
        }
    }

    /// <summary>To the lane's other version.</summary>
    private static async Task SwapLaneAsync(RuntimeUnderTest test, string instance, int lane)
    {
        var next = SemanticVersion.Parse($"1.{lane}.{(test.Status(instance).Generation!.Version == $"1.{lane}.1" ? 0 : 1)}");
        var ended = await test.Runtime.Swaps.Swap(instance, next).Ended;
        Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
    }
}
