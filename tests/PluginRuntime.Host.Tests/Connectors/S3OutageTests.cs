using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>A real server of objects that is killed, or stops answering, while calls go on. <see cref="OutageTests"/> for <c>s3</c>.</summary>
public sealed class S3OutageTests(ITestOutputHelper output)
{
    private const int Callers = 8;

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(5);

    /// <summary>What leads away from the server, where somebody followed it.</summary>
    private static readonly Dictionary<string, string> _traps = new()
    {
        ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1",
        ["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:1",
        ["AWS_ACCESS_KEY_ID"] = "trap",
        ["AWS_SECRET_ACCESS_KEY"] = "trap",
        ["AWS_SESSION_TOKEN"] = "trap",
        ["AWS_REGION"] = "trap-1",
        ["AWS_DEFAULT_REGION"] = "trap-1",
        ["AWS_PROFILE"] = "trap",
        ["AWS_USE_FIPS_ENDPOINT"] = "true",
        ["AWS_USE_DUALSTACK_ENDPOINT"] = "true",
        ["AWS_REQUEST_CHECKSUM_CALCULATION"] = "WHEN_SUPPORTED",
        ["AWS_MAX_ATTEMPTS"] = "9",
        ["HTTP_PROXY"] = "http://127.0.0.1:1",
        ["http_proxy"] = "http://127.0.0.1:1",
        ["ALL_PROXY"] = "http://127.0.0.1:1",
    };

    [SwiftFact]
    public async Task Server_Killed_CallsFailRightAndHeal()
    {
        await using var server = await SwiftServer.StartAsync();
        using var directory = new HostDirectory().WithDrop();
        using var host = await HostProgram.StartAsync(directory, _traps);
        using var client = await ConnectAsync(host, directory, server);
        Assert.Equal("ok", await CallAsync(client, 0));

        await server.KillAsync();
        var during = new List<string>();
        for (var call = 0; call < 10; call++)
        {
            during.Add(await CallAsync(client, call));
        }

        await server.StartAgainAsync();
        await Poll.UntilAsync(async () => await CallAsync(client, 0) == "ok", () => "It does not heal.");

        Assert.All(during, code => Assert.StartsWith("503 ", code, StringComparison.Ordinal));
        Assert.Equal("ok", await CallAsync(client, 1));
    }

    [LongFact(NeedsSwift = true)]
    public Task Server_KilledForAMinute_CallsFailRightAndHeal() => RunAsync(server => server.KillAsync(), server => server.StartAgainAsync());

    [LongFact(NeedsSwift = true)]
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

    private async Task RunAsync(Func<SwiftServer, Task> end, Func<SwiftServer, Task> comeBack)
    {
        await using var server = await SwiftServer.StartAsync();
        using var directory = new HostDirectory().WithDrop();
        using var host = await HostProgram.StartAsync(directory);
        using var client = await ConnectAsync(host, directory, server);
        using var stop = new CancellationTokenSource();
        var calls = new ConcurrentQueue<Call>();
        var callers = Enumerable.Range(0, Callers).Select(index => Task.Run(() => CallAllAsync(client, index, calls, stop.Token))).ToList();
        await Task.Delay(_calm, TimeProvider.System);
        var before = calls.ToList();

        await end(server);
        await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System);
        await comeBack(server);
        var cameBack = Now();
        await Poll.UntilAsync(() => calls.Any(call => call.Code == "ok" && call.Began > cameBack), () => $"No call succeeds: {string.Join(' ', calls.TakeLast(20))}");
        await Task.Delay(_calm + _calm, TimeProvider.System);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var during = calls.Except(before).ToList();
        output.WriteLine($"before: {Summary(before)}");
        output.WriteLine($"from the outage on: {Summary(during)}");
        output.WriteLine($"longest call {calls.Max(call => call.Ended - call.Began).TotalSeconds:0.00} s of {_timeout.TotalSeconds} s");
        output.WriteLine($"first success {(calls.Where(call => call.Code == "ok" && call.Ended >= cameBack).Min(call => call.Ended) - cameBack).TotalSeconds:0.00} s after its return");
        Assert.All(before, call => Assert.Equal("ok", call.Code));
        Assert.Empty(calls.Select(call => call.Code).Distinct().Except(
            ["ok", "503 connector.unavailable", "503 breaker.open", "503 pool.exhausted", "504 connector.timeout", "504 deadline.exceeded"]));
        Assert.InRange(calls.Max(call => call.Ended - call.Began), TimeSpan.Zero, _timeout + TimeSpan.FromSeconds(1));
        Assert.All(calls.Where(call => call.Began > cameBack + _calm), call => Assert.Equal("ok", call.Code));
        Assert.False(host.HasExited);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode);
    }

    private static async Task<HttpClient> ConnectAsync(HostProgram host, HostDirectory directory, SwiftServer server)
    {
        var client = host.Client(directory);
        client.Timeout = TimeSpan.FromMinutes(2);
        await client.ConnectAsync("s3", $$$"""
            {"connector":"s3","host":"{{{SwiftServer.Host}}}","port":{{{server.Port}}},"timeout":"{{{_timeout.TotalSeconds}}}s","attemptTimeout":"2s",
             "settings":{"bucket":"{{{SwiftServer.Bucket}}}","tls":false},
             "credentials":{"type":"basic","username":"{{{SwiftServer.AccessKey}}}","password":"{{{SwiftServer.SecretKey}}}"} }
            """);
        return client;
    }

    private static async Task CallAllAsync(HttpClient client, int caller, ConcurrentQueue<Call> calls, CancellationToken cancellationToken)
    {
        for (var number = caller; !cancellationToken.IsCancellationRequested; number++)
        {
            var began = Now();
            var code = await CallAsync(client, number);
            calls.Enqueue(new(began, Now(), code));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<string> CallAsync(HttpClient client, int number)
    {
        var (action, input) = (number % 3) switch
        {
            0 => ("put", $$"""{"key":"outage-{{number % 16}}","content":"x"}"""),
            1 => ("list", """{"limit":10}"""),
            _ => ("delete", $$"""{"key":"outage-{{number % 16}}"}"""),
        };
        using var response = await client.PostAsync($"api/instances/s3/actions/{action}", input);
        var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
        return response.IsSuccessStatusCode ? "ok" : $"{(int)response.StatusCode} {JsonElement.Parse(text).GetProperty("code").GetString()}";
    }

    private static string Summary(IReadOnlyCollection<Call> calls) =>
        $"{calls.Count} calls: {string.Join(", ", calls.GroupBy(call => call.Code).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key}"))}";

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private readonly record struct Call(TimeSpan Began, TimeSpan Ended, string Code);
}
