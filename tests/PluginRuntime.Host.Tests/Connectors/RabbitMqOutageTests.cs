using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>A real broker that is killed, or stops answering, while messages go to it. <see cref="OutageTests"/> for <c>rabbitmq</c>.</summary>
public sealed class RabbitMqOutageTests(ITestOutputHelper output)
{
    private const int PoolSize = 10;
    private const int Callers = 24;

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(5);

    [LongFact(NeedsRabbitMq = true)]
    public Task Broker_KilledUnderLoad_KeepsWhatItConfirmedAndHeals() => RunAsync(TimeSpan.Zero, server => server.KillAsync(), server => server.StartAgainAsync());

    [LongFact(NeedsRabbitMq = true)]
    public Task Broker_KilledForAMinute_CallsFailRightAndHeal() => RunAsync(TimeSpan.FromMinutes(1), server => server.KillAsync(), server => server.StartAgainAsync());

    [LongFact(NeedsRabbitMq = true)]
    public Task Broker_FrozenForAMinute_CallsFailRightAndHeal() =>
        RunAsync(
            TimeSpan.FromMinutes(1),
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

    private async Task RunAsync(TimeSpan outage, Func<RabbitMqServer, Task> end, Func<RabbitMqServer, Task> comeBack)
    {
        await using var server = await RabbitMqServer.StartAsync();
        using var directory = new HostDirectory().WithDrop();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        client.Timeout = TimeSpan.FromMinutes(2);
        await client.ConnectAsync("mq", $$$"""
            {"connector":"rabbitmq","host":"{{{RabbitMqServer.Host}}}","port":{{{server.Port}}},"timeout":"{{{_timeout.TotalSeconds}}}s","attemptTimeout":"1s",
             "credentials":{"type":"basic","username":"{{{RabbitMqServer.Username}}}","password":"{{{RabbitMqServer.Password}}}"},
             "pool":{"size":{{{PoolSize}}},"acquireTimeout":"2s"} }
            """);
        using var stop = new CancellationTokenSource();
        var calls = new ConcurrentQueue<Call>();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => PublishAllAsync(client, caller, calls, stop.Token))).ToList();
        await Poll.UntilAsync(() => calls.Count(call => call.Code == "ok") > 100, () => "It does not begin.");
        var before = calls.ToList();

        await end(server);
        await Task.Delay(outage, TimeProvider.System);
        await comeBack(server);
        var cameBack = Now();
        await Poll.UntilAsync(() => calls.Any(call => call.Code == "ok" && call.Began > cameBack), () => $"No call succeeds: {string.Join(' ', calls.TakeLast(20))}");
        await Task.Delay(_calm + _calm, TimeProvider.System);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var confirmed = calls.Where(call => call.Code == "ok").Select(call => call.Id).ToHashSet();
        var kept = await TakeAllAsync(client);
        output.WriteLine($"before: {Summary(before)}");
        output.WriteLine($"from the outage on: {Summary(calls.Except(before).ToList())}");
        output.WriteLine($"confirmed {confirmed.Count}, kept {kept.Count}");
        output.WriteLine($"longest call {calls.Max(call => call.Ended - call.Began).TotalSeconds:0.00} s of {_timeout.TotalSeconds} s");
        output.WriteLine($"first success {(calls.Where(call => call.Code == "ok" && call.Ended >= cameBack).Min(call => call.Ended) - cameBack).TotalSeconds:0.00} s after its return");
        Assert.All(before, call => Assert.Equal("ok", call.Code));
        Assert.Empty(confirmed.Except(kept));
        Assert.Empty(calls.Select(call => call.Code).Distinct().Except(
            ["ok", "503 connector.unavailable", "503 breaker.open", "503 pool.exhausted", "504 connector.timeout", "504 deadline.exceeded"]));
        Assert.InRange(calls.Max(call => call.Ended - call.Began), TimeSpan.Zero, _timeout + TimeSpan.FromSeconds(1));
        Assert.All(calls.Where(call => call.Began > cameBack + _calm), call => Assert.Equal("ok", call.Code));
        Assert.False(host.HasExited);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode);
    }

    private static async Task PublishAllAsync(HttpClient client, int caller, ConcurrentQueue<Call> calls, CancellationToken cancellationToken)
    {
        for (var number = 0; !cancellationToken.IsCancellationRequested; number++)
        {
            var id = $"{caller}-{number}";
            var began = Now();
            using var response = await client.PostAsync("api/instances/mq/actions/publish", $$"""{"routingKey":"{{RabbitMqServer.Queue}}","body":{{number}},"messageId":"{{id}}"}""");
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            calls.Enqueue(new(id, began, Now(), response.IsSuccessStatusCode ? "ok" : $"{(int)response.StatusCode} {JsonElement.Parse(text).GetProperty("code").GetString()}"));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>The ids of all messages in the queue.</returns>
    private static async Task<HashSet<string>> TakeAllAsync(HttpClient client)
    {
        var ids = new HashSet<string>();
        while (true)
        {
            using var response = await client.PostAsync("api/instances/mq/actions/get", $$"""{"queue":"{{RabbitMqServer.Queue}}","count":100}""");
            var messages = (await response.JsonAsync()).GetProperty("messages");
            if (messages.GetArrayLength() == 0)
            {
                return ids;
            }

            ids.UnionWith(messages.EnumerateArray().Select(message => message.GetProperty("messageId").GetString()!));
        }
    }

    private static string Summary(IReadOnlyCollection<Call> calls) =>
        $"{calls.Count} calls: {string.Join(", ", calls.GroupBy(call => call.Code).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key}"))}";

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private readonly record struct Call(string Id, TimeSpan Began, TimeSpan Ended, string Code);
}
