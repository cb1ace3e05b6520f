using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>A real server that is killed, or stops answering, while calls go on: what callers get, what the server is spared, how soon it is well.</summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    private const int PoolSize = 10;
    private const int Callers = 24;

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _outage = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(5);

    [LongFact(NeedsPostgres = true)]
    public Task Server_KilledForAMinute_CallsFailRightAndHeal() =>
        RunAsync(server => server.KillAsync(), server => server.StartAgainAsync());

    [LongFact(NeedsPostgres = true)]
    public Task Server_FrozenForAMinute_CallsFailRightAndHeal() =>
        RunAsync(
            server =>
            {
                server.Freeze();
                return Task.CompletedTask;
            },
            server =>
            {
                server.Thaw();
                return Task.CompletedTask;
            });

    private async Task RunAsync(Func<PostgresServer, Task> end, Func<PostgresServer, Task> comeBack)
    {
        await using var server = await PostgresServer.StartAsync();
        using var directory = new HostDirectory().WithDrop();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        client.Timeout = TimeSpan.FromMinutes(2);
        await client.ConnectAsync("pg", $$$"""
            {"connector":"postgres","host":"{{{PostgresServer.Host}}}","port":{{{server.Port}}},"timeout":"{{{_timeout.TotalSeconds}}}s","attemptTimeout":"1s",
             "settings":{"database":"{{{PostgresServer.Database}}}","username":"{{{PostgresServer.Guest}}}"},"pool":{"size":{{{PoolSize}}},"acquireTimeout":"2s"} }
            """);
        using var stop = new CancellationTokenSource();
        var calls = new ConcurrentQueue<Call>();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(client, calls, stop.Token))).ToList();
        await Task.Delay(_calm, TimeProvider.System);
        var before = calls.ToList();

        await end(server);
        var (attemptsBefore, callsBefore) = await CountAsync(client);
        await Task.Delay(_outage, TimeProvider.System);
        var (attemptsAfter, callsAfter) = await CountAsync(client);
        var isReady = comeBack(server);
        var opened = await OpeningsInFirstSecondAsync(client, isReady);
        var cameBack = opened.At;
        await Poll.UntilAsync(() => calls.Any(call => call.Code == "ok" && call.Began > cameBack), () => $"No call succeeds: {string.Join(' ', calls.TakeLast(20))}");
        await Task.Delay(_calm, TimeProvider.System);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var during = calls.Except(before).ToList();
        var healed = calls.Where(call => call.Code == "ok" && call.Ended >= cameBack).Min(call => call.Ended) - cameBack;
        var ratio = (double)(attemptsAfter - attemptsBefore) / Math.Max(1, callsAfter - callsBefore);
        output.WriteLine($"before: {Summary(before)}");
        output.WriteLine($"from the outage on: {Summary(during)}");
        output.WriteLine($"longest call {calls.Max(call => call.Ended - call.Began).TotalSeconds:0.00} s of {_timeout.TotalSeconds} s");
        output.WriteLine($"attempts {attemptsAfter - attemptsBefore} for {callsAfter - callsBefore} calls in the outage: {ratio:0.000}");
        output.WriteLine($"first success {healed.TotalSeconds:0.00} s after its return; openings in the first second: {opened.Count}");
        Assert.All(before, call => Assert.Equal("ok", call.Code));
        Assert.Empty(calls.Select(call => call.Code).Distinct().Except(
            ["ok", "503 connector.unavailable", "503 breaker.open", "503 pool.exhausted", "504 connector.timeout", "504 deadline.exceeded"]));
        Assert.InRange(ratio, 0, 1.15);
        Assert.InRange(opened.Count, 0, Math.Max(4, PoolSize / 10));
        Assert.InRange(healed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(calls.Max(call => call.Ended - call.Began), TimeSpan.Zero, _timeout + TimeSpan.FromSeconds(1));
        Assert.All(calls.Where(call => call.Began > cameBack + TimeSpan.FromSeconds(5)), call => Assert.Equal("ok", call.Code));
        Assert.False(host.HasExited);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode);
    }

    private static async Task CallAsync(HttpClient client, ConcurrentQueue<Call> calls, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = Now();
            using var response = await client.PostAsync("api/instances/pg/actions/query", """{"sql":"SELECT pg_sleep(0.005)"}""");
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            var code = response.IsSuccessStatusCode ? "ok" : $"{(int)response.StatusCode} {JsonElement.Parse(text).GetProperty("code").GetString()}";
            calls.Enqueue(new(began, Now(), code));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Watches the pool's count of openings from the server's return on, for a second.</summary>
    private static async Task<(TimeSpan At, long Count)> OpeningsInFirstSecondAsync(HttpClient client, Task isReady)
    {
        await isReady;
        var at = Now();
        var first = await OpeningsAsync(client);
        var last = first;
        while (Now() - at < TimeSpan.FromSeconds(1))
        {
            last = await OpeningsAsync(client);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return (at, last - first);
    }

    private static async Task<long> OpeningsAsync(HttpClient client)
    {
        var pool = (await client.GetJsonAsync("api/instances/pg")).GetProperty("status").GetProperty("pool");
        return pool.GetProperty("opened").GetInt64() + pool.GetProperty("openFailures").GetInt64() + pool.GetProperty("opening").GetInt64();
    }

    private static async Task<(long Attempts, long Calls)> CountAsync(HttpClient client)
    {
        var metrics = (await client.GetStringAsync(new Uri("api/metrics", UriKind.Relative))).Split('\n');
        return (Sum(metrics, "pluginruntime_call_attempts_total{"), Sum(metrics, "pluginruntime_call_duration_seconds_count{"));
    }

    private static long Sum(IEnumerable<string> metrics, string name) => metrics
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains("instance=\"pg\"", StringComparison.Ordinal))
        .Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private static string Summary(IReadOnlyCollection<Call> calls) =>
        $"{calls.Count} calls: {string.Join(", ", calls.GroupBy(call => call.Code).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key}"))}";

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private readonly record struct Call(TimeSpan Began, TimeSpan Ended, string Code);
}
