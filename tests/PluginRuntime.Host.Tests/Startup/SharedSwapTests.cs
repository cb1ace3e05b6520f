using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Several hosts on one PostgreSQL go to another version one after the other.</summary>
[Collection(PostgresShared.Name)]
public sealed class SharedSwapTests(PostgresShared shared)
{
    private const string Bakes = """{"connector":"probe","pool":{"size":2,"min":1},"bake":{"time":"2s","calls":20}}""";

    [PostgresFact]
    public async Task Update_OnThreeHosts_IsOneAfterTheOther()
    {
        await using var cluster = await StartAsync(Bakes);
        Drop(cluster, "1.1.0");
        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.1.0", "It is not everywhere.");
        await cluster.EverywhereAsync(async client => (await EventsAsync(client, "instance.baked")).Count == 1, "It has not baked everywhere.");

        // Each had baked before the next one went.
        var turns = await Task.WhenAll(cluster.Clients.Select(async client =>
            (Went: Assert.Single(await EventsAsync(client, "instance.published"), IsOfNew).GetProperty("time").GetDateTimeOffset(),
                Baked: Assert.Single(await EventsAsync(client, "instance.baked")).GetProperty("time").GetDateTimeOffset())));
        var inOrder = turns.OrderBy(turn => turn.Went).ToList();
        Assert.All(inOrder.Skip(1).Zip(inOrder), pair => Assert.True(pair.First.Went >= pair.Second.Baked, $"{pair}"));
    }

    [PostgresFact]
    public async Task Update_IsBad_OnlyTheFirstHostEverRunsIt()
    {
        await using var cluster = await StartAsync("""{"connector":"probe","pool":{"size":2,"min":1},"bake":{"time":"30s","calls":20}}""");
        using var stop = new CancellationTokenSource();
        var callers = cluster.Clients.Select(client => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await client.PostAsync("api/instances/p/actions/who", "{}");
            }
        })).ToList();

        Drop(cluster, "1.1.0", "who-throws");
        await cluster.EverywhereAsync(async client => (await StatusAsync(client)).GetProperty("quarantine").GetArrayLength() == 1, "It is not in quarantine everywhere.");
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.0.0", "It was not taken back.");
        var ran = await Task.WhenAll(cluster.Clients.Select(async client => (await EventsAsync(client, "instance.published")).Count(IsOfNew)));
        Assert.Equal([0, 0, 1], ran.Order());
    }

    [PostgresFact]
    public async Task Kill_InTheMiddle_TheOthersGoOnAndAllEndOnOneVersion()
    {
        await using var cluster = await StartAsync("""{"connector":"probe","pool":{"size":2,"min":1},"bake":{"time":"10s","calls":1000}}""");
        Drop(cluster, "1.1.0");
        var first = -1;
        await Poll.UntilAsync(
            async () =>
            {
                var versions = await Task.WhenAll(cluster.Clients.Select(VersionAsync));
                return (first = Array.IndexOf(versions, "1.1.0")) >= 0;
            },
            () => "No host goes.");
        cluster.Hosts[first].Kill();
        await cluster.Hosts[first].EndAsync();

        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.1.0", "The others do not go on.");
        await cluster.RestartAsync(first);
        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.1.0", "It is not one version everywhere.");
    }

    [PostgresFact]
    public async Task Swap_ByHandOnOneHost_IsFollowedByTheOthers()
    {
        await using var cluster = await StartAsync("""{"connector":"probe","update":"manual","pool":{"size":2,"min":1},"bake":{"time":"1s","calls":20}}""");
        Drop(cluster, "1.1.0");
        await cluster.EverywhereAsync(async client => (await StatusAsync(client)).GetProperty("available").GetString() == "1.1.0", "It is not seen everywhere.");

        var ended = await cluster.Clients[1].EndOfAsync(await cluster.Clients[1].PostAsync("api/instances/p/swap", """{"version":"1.1.0"}"""));
        Assert.Equal("succeeded", ended.GetProperty("status").GetString());
        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.1.0", "The others do not follow.");

        ended = await cluster.Clients[2].EndOfAsync(await cluster.Clients[2].PostAsync("api/instances/p/rollback"));
        Assert.Equal("succeeded", ended.GetProperty("status").GetString());
        await cluster.EverywhereAsync(async client => await VersionAsync(client) == "1.0.0", "The others do not follow back.");
    }

    private async Task<HostCluster> StartAsync(string config)
    {
        var cluster = await HostCluster.StartAsync(
            shared.Server, 3, directory => ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "probe-1.0.0", manifest => manifest["version"] = "1.0.0"));
        await (await cluster.Clients[0].PutAsync("api/instances/p", config)).JsonAsync();
        await cluster.EverywhereAsync(
            async client => (await client.PostAsync("api/instances/p/actions/who", "{}")).IsSuccessStatusCode && await VersionAsync(client) == "1.0.0", "It does not run everywhere.");
        return cluster;
    }

    private static void Drop(HostCluster cluster, string version, string? behaviour = null)
    {
        foreach (var directory in cluster.Directories)
        {
            ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, $"probe-{version}", manifest => manifest["version"] = version, behaviour);
        }
    }

    private static bool IsOfNew(JsonElement happened) => happened.GetProperty("version").GetString() == "1.1.0";

    private static async Task<JsonElement> StatusAsync(HttpClient client) => (await client.GetJsonAsync("api/instances/p")).GetProperty("status");

    private static async Task<string?> VersionAsync(HttpClient client) =>
        (await StatusAsync(client)).GetProperty("generation") is { ValueKind: JsonValueKind.Object } generation ? generation.GetProperty("version").GetString() : null;

    private static async Task<IReadOnlyList<JsonElement>> EventsAsync(HttpClient client, string type)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, $"api/events?limit=200&instance=p&type={type}", null, ("Accept", "application/json"));
        return [.. (await answer.JsonAsync()).GetProperty("items").EnumerateArray()];
    }
}
