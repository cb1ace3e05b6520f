using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Several hosts on one PostgreSQL want the same.</summary>
[Collection(PostgresShared.Name)]
public sealed class SharedStateTests(PostgresShared shared, ITestOutputHelper output)
{
    private const string Weather =
        """
        {"manifest":{"manifestVersion":1,"id":"weather","name":"Weather","version":"1.0.0","auth":{"type":"none"},
            "actions":[{"id":"now","name":"Now","http":{"method":"GET","path":"/now"}}],"http":{"baseUrl":"http://127.0.0.1:1"}}}
        """;

    [PostgresFact]
    public async Task Change_OnOneHost_IsSeenOnAll()
    {
        await using var cluster = await HostCluster.StartAsync(shared.Server, 3);
        var (one, two, three) = (cluster.Clients[0], cluster.Clients[1], cluster.Clients[2]);
        await cluster.EverywhereAsync(client => IsThereAsync(client, "demo"), "The demo instance is not everywhere.");

        var defined = await two.PutAsync("api/instances/orders", """{"connector":"demo","pool":{"size":2}}""");
        Assert.Equal(HttpStatusCode.Created, defined.StatusCode);
        await cluster.EverywhereAsync(async client => (await client.PostAsync("api/instances/orders/actions/echo", """{"text":"x"}""")).IsSuccessStatusCode, "It is not called everywhere.");

        // What it was based on has changed on another host.
        await (await three.SendAsync(HttpMethod.Patch, "api/instances/orders", Http.Json("""{"pool":{"size":3}}""", "application/merge-patch+json"))).JsonAsync();
        await (await one.SendAsync(
            HttpMethod.Put, "api/instances/orders", Http.Json("""{"connector":"demo","pool":{"size":9}}"""), ("If-Match", defined.Headers.ETag!.ToString())))
            .ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await cluster.EverywhereAsync(async client => await SizeAsync(client) == 3, "The change is not everywhere.");

        await (await one.PostAsync("api/connectors/register", Weather)).JsonAsync();
        await cluster.EverywhereAsync(async client => (await client.GetAsync(new Uri("api/connectors/weather", UriKind.Relative))).IsSuccessStatusCode, "The connector is not everywhere.");
        await (await two.SendAsync(HttpMethod.Delete, "api/connectors/weather")).JsonAsync();
        await (await three.SendAsync(HttpMethod.Delete, "api/instances/orders")).JsonAsync();
        await cluster.EverywhereAsync(async client => !await IsThereAsync(client, "orders"), "It is not removed everywhere.");
        await cluster.EverywhereAsync(
            async client => (await client.GetAsync(new Uri("api/connectors/weather", UriKind.Relative))).StatusCode == HttpStatusCode.NotFound, "The connector is not removed everywhere.");

        // Each host tells all of it, in one order, under sequences of its own.
        string[] expected = ["instance.configured", "instance.configured", "connector.registered", "connector.unregistered", "instance.removed"];
        await cluster.EverywhereAsync(async client => (await ToldAsync(client)).Select(told => told.Type).SequenceEqual(expected), "It is not told everywhere.");
        var changes = await Task.WhenAll(cluster.Clients.Select(ToldAsync));
        Assert.All(changes, told => Assert.Equal(changes[0].Select(one => one.Change), told.Select(one => one.Change)));
    }

    [PostgresFact]
    public async Task Changes_OfOneInstanceOnThreeHostsAtOnce_AreAllMade()
    {
        const int Each = 10;
        await using var cluster = await HostCluster.StartAsync(shared.Server, 3);
        await cluster.Clients[0].ConnectAsync("orders", """{"connector":"demo","pool":{"size":2},"retry":{"maxRetries":0}}""");

        // Each adds one to what it has read, as long as nobody else wrote in between.
        await Task.WhenAll(cluster.Clients.Select(client => Task.Run(async () =>
        {
            for (var made = 0; made < Each;)
            {
                var read = await client.SendAsync(HttpMethod.Get, "api/instances/orders");
                if (read.StatusCode == HttpStatusCode.NotFound)
                {
                    continue;
                }

                var count = (await read.JsonAsync()).GetProperty("config").GetProperty("retry").GetProperty("maxRetries").GetInt32();
                var written = await client.SendAsync(
                    HttpMethod.Patch, "api/instances/orders",
                    Http.Json($$$"""{"retry":{"maxRetries":{{{count + 1}}}}}""", "application/merge-patch+json"), ("If-Match", read.Headers.ETag!.ToString()));
                if (written.IsSuccessStatusCode)
                {
                    made++;
                }
                else
                {
                    await written.ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
                }
            }
        })));

        var counts = new ConcurrentDictionary<HttpClient, int>();
        await cluster.EverywhereAsync(
            async client => (counts[client] = (await client.GetJsonAsync("api/instances/orders")).GetProperty("config").GetProperty("retry").GetProperty("maxRetries").GetInt32()) == 3 * Each,
            () => $"Changes were lost, or are not seen: {string.Join(", ", counts.Values)}");
    }

    [PostgresFact]
    public async Task Kill_AfterAChange_TheNextStartTellsOfIt()
    {
        await using var cluster = await HostCluster.StartAsync(shared.Server, 2);
        await cluster.EverywhereAsync(client => IsThereAsync(client, "demo"), "The demo instance is not everywhere.");
        cluster.Hosts[1].Kill();
        await cluster.Hosts[1].EndAsync();
        await cluster.Clients[0].ConnectAsync("orders", """{"connector":"demo","pool":{"size":2}}""");
        await cluster.RestartAsync(1);

        await cluster.Clients[1].ConnectedAsync("orders");
        await cluster.EverywhereAsync(async client => (await ToldAsync(client)).Count == 1, "It is not told once.");
        await cluster.RestartAsync(1);
        Assert.Single(await ToldAsync(cluster.Clients[1]));
    }

    [LongFact(NeedsPostgres = true)]
    public async Task Server_AwayForAMinute_NoCallFailsAndAllAreTheSameAfterwards()
    {
        // The callers send as fast as they can, which is more than one key may otherwise.
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await HostCluster.StartAsync(server, 3, null, ("PluginRuntime__Limits__Key__Rate", "0"));
        await cluster.EverywhereAsync(client => IsThereAsync(client, "demo"), "The demo instance is not everywhere.");
        using var stop = new CancellationTokenSource();
        var (calls, failures) = (0, new ConcurrentQueue<string>());
        var callers = cluster.Clients.SelectMany(client => Enumerable.Repeat(client, 8)).Select(client => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var response = await client.PostAsync("api/instances/demo/actions/echo", """{"text":"x"}""");
                Interlocked.Increment(ref calls);
                if (!response.IsSuccessStatusCode)
                {
                    failures.Enqueue(await response.Content.ReadAsStringAsync());
                }
            }
        })).ToList();

        await server.StopAsync();
        var refused = 0;
        for (var away = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(away) < TimeSpan.FromMinutes(1); refused++)
        {
            foreach (var client in cluster.Clients)
            {
                await (await client.PutAsync("api/instances/during", """{"connector":"demo","enabled":false}""")).ProblemAsync(HttpStatusCode.ServiceUnavailable, "state.failed");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        await server.StartAgainAsync();
        var back = TimeProvider.System.GetTimestamp();
        await Poll.UntilAsync(async () => (await cluster.Clients[1].PutAsync("api/instances/after", """{"connector":"demo","enabled":false}""")).IsSuccessStatusCode, () => "Changes do not work again.");
        await cluster.EverywhereAsync(client => IsThereAsync(client, "after"), "It is not the same everywhere.");
        output.WriteLine($"{calls} calls, {failures.Count} failed; {3 * refused} changes refused; the same everywhere {TimeProvider.System.GetElapsedTime(back).TotalSeconds:0.0} s after the server was back");
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Empty(failures);
        await cluster.EverywhereAsync(async client => !await IsThereAsync(client, "during"), "What was refused is there.");
    }

    [PostgresFact]
    public async Task Pool_OfTheWholeCluster_IsDividedOverTheHostsThatLive()
    {
        await using var cluster = await HostCluster.StartAsync(shared.Server, 3);
        await cluster.Clients[0].ConnectAsync("orders", """{"connector":"demo","pool":{"clusterSize":10}}""");
        await cluster.EverywhereAsync(client => IsThereAsync(client, "orders"), "It is not everywhere.");

        await SizesAsync(3, 3, 4);
        cluster.Hosts[2].Kill();
        await cluster.Hosts[2].EndAsync();
        await SizesAsync(5, 5);
        cluster.Hosts[1].Terminate();
        await cluster.Hosts[1].EndAsync();
        await SizesAsync(10);
        await cluster.RestartAsync(2);
        await SizesAsync(5, 5);

        Task SizesAsync(params int[] expected) => Poll.UntilAsync(
            async () =>
            {
                var running = cluster.Clients.Where((_, i) => !cluster.Hosts[i].HasExited);
                var sizes = await Task.WhenAll(running.Select(async client => (await client.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("pool")));
                return sizes.Select(pool => pool.ValueKind == JsonValueKind.Object ? pool.GetProperty("size").GetInt32() : 0).Order().SequenceEqual(expected);
            },
            () => $"It is not divided as {string.Join(", ", expected)}.");
    }

    private static async Task<bool> IsThereAsync(HttpClient client, string instance) =>
        (await client.GetAsync(new Uri($"api/instances/{instance}", UriKind.Relative))).IsSuccessStatusCode;

    private static async Task<int> SizeAsync(HttpClient client) =>
        (await client.GetJsonAsync("api/instances/orders")).GetProperty("config").GetProperty("pool").GetProperty("size").GetInt32();

    /// <summary>What is told of changes, but for the demo instance's, which another host may have made before this one was there.</summary>
    private static async Task<IReadOnlyList<(string Type, long Change)>> ToldAsync(HttpClient client)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"));
        return [.. from told in (await answer.JsonAsync()).GetProperty("items").EnumerateArray()
                   where told.TryGetProperty("change", out _) && told.GetProperty("instance").GetString() != "demo"
                   select (told.GetProperty("type").GetString()!, told.GetProperty("change").GetInt64())];
    }
}
