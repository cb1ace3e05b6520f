using System.Net;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Idempotency;

/// <summary><c>Idempotency-Key</c> on hosts that share PostgreSQL.</summary>
[Collection(PostgresShared.Name)]
public sealed class SharedIdempotencyTests(PostgresShared shared)
{
    private const string Who = "api/instances/probe/actions/who";

    [PostgresFact]
    public async Task Post_AHundredTimesOnTwoHosts_RunsOnce()
    {
        await using var cluster = await StartAsync(shared.Server);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => EventuallyAsync(cluster.Clients[i % 2], "k"))));

        Assert.Single(answers.Select(answer => answer.Body).Distinct());
        Assert.Single(answers, answer => !answer.IsReplayed);

        // Each counts the calls that it has carried out itself.
        var calls = await Task.WhenAll(cluster.Clients.Select(async client => (await (await client.PostAsync(Who, "{}")).JsonAsync()).GetProperty("calls").GetInt32() - 1));
        Assert.Equal(1, calls.Sum());
    }

    [PostgresFact]
    public async Task Post_DatabaseIsAway_DoesNotRunAndWithoutAKeyDoes()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await StartAsync(server);
        var client = cluster.Clients[0];
        var before = (await EventuallyAsync(client, "before")).Body;

        await server.StopAsync();
        await (await SendAsync(client, "k")).ProblemAsync(HttpStatusCode.ServiceUnavailable, "state.failed");
        var calls = (await (await client.PostAsync(Who, "{}")).JsonAsync()).GetProperty("calls").GetInt32();
        await server.StartAgainAsync();

        Assert.Equal(2, calls);
        Assert.Equal((before, true), await EventuallyAsync(cluster.Clients[1], "before"));
        Assert.False((await EventuallyAsync(client, "k")).IsReplayed);
    }

    [PostgresFact]
    public async Task Post_DatabaseGoesWhileItRuns_IsAnsweredAndStaysInFlight()
    {
        const string Slow = "api/instances/demo/actions/slow";
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await StartAsync(server);
        var client = cluster.Clients[0];
        await client.ConnectedAsync("demo");
        var first = client.SendAsync(HttpMethod.Post, Slow, Http.Json("""{"milliseconds":4000}"""), ("Idempotency-Key", "k"));
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32() == 1, () => "It has not begun.");

        server.Freeze();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        await Poll.UntilAsync(
            () => cluster.Hosts[0].Output.Contains("could not be stored; its repetitions are answered 409", StringComparison.Ordinal), () => cluster.Hosts[0].Output);
        server.Thaw();

        foreach (var host in cluster.Clients)
        {
            await (await host.SendAsync(HttpMethod.Post, Slow, Http.Json("""{"milliseconds":4000}"""), ("Idempotency-Key", "k"))).ProblemAsync(HttpStatusCode.Conflict, "idempotency.in-flight");
        }
    }

    private static async Task<HostCluster> StartAsync(PostgresServer server)
    {
        var cluster = await HostCluster.StartAsync(server, 2, directory => ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "probe"));
        await cluster.Clients[0].ConnectAsync("probe", """{"connector":"probe","pool":{"size":4}}""");
        await cluster.EverywhereAsync(
            async client => (await client.SendAsync(HttpMethod.Get, "api/instances/probe")) is { IsSuccessStatusCode: true } shown
                && (await shown.JsonAsync()).GetProperty("status").GetProperty("isConnected").GetBoolean(),
            "It is not connected everywhere.");
        return cluster;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string key) =>
        client.SendAsync(HttpMethod.Post, Who, Http.Json("{}"), ("Idempotency-Key", key));

    /// <summary>As clients do it: again while the first is under way.</summary>
    private static async Task<(string Body, bool IsReplayed)> EventuallyAsync(HttpClient client, string key)
    {
        HttpResponseMessage answer = null!;
        await Poll.UntilAsync(async () => (answer = await SendAsync(client, key)).StatusCode != HttpStatusCode.Conflict, () => "It stays in flight.");
        return ((await answer.JsonAsync()).GetRawText(), answer.Headers.Contains("Idempotent-Replayed"));
    }
}
