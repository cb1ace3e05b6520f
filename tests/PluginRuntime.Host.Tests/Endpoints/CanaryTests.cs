using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>With a host of its own: what these drop would change what other tests see.</summary>
public sealed class CanaryTests
{
    private const string Config = """{"connector":"probe","update":"canary","canary":{"share":0.01,"time":"1h"},"pool":{"size":4,"min":1}}""";

    [Fact]
    public async Task Canary_ShareAndVerdict_AreShownAndCanBeOverridden()
    {
        using var directory = new HostDirectory().WithDrop();
        Drop(directory, "1.0.0");
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectAsync("tried", Config);
        await client.ConnectedAsync("tried", "1.0.0");
        await (await client.PostAsync("api/instances/tried/canary", """{"share":0.5}""")).ProblemAsync(HttpStatusCode.Conflict, "canary.none");

        Drop(directory, "1.1.0");
        var canary = await PendingAsync(client, "1.1.0");
        Assert.Equal((0.01, 0), (canary.GetProperty("share").GetDouble(), canary.GetProperty("calls").GetInt32()));
        foreach (var wrong in new[] { "{}", """{"share":0}""", """{"share":"1"}""", """{"verdict":"maybe"}""", """{"share":0.5,"verdict":"promote"}""", "[]" })
        {
            await (await client.PostAsync("api/instances/tried/canary", wrong)).ProblemAsync(HttpStatusCode.BadRequest, "canary.invalid");
        }

        var answer = await client.PostAsync("api/instances/tried/canary", """{"share":1}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("share").GetDouble());
        Assert.Equal("1.1.0", await VersionAsync(client));

        var operation = await client.EndOfAsync(await client.PostAsync("api/instances/tried/canary", """{"verdict":"rollback"}"""));
        Assert.Equal("succeeded", operation.GetProperty("status").GetString());
        Assert.Equal("rolledBack", (await CanaryAsync(client)).GetProperty("verdict").GetString());
        Assert.Equal("1.0.0", await VersionAsync(client));

        Drop(directory, "1.2.0");
        await PendingAsync(client, "1.2.0");
        operation = await client.EndOfAsync(await client.PostAsync("api/instances/tried/canary", """{"verdict":"promote"}"""));
        Assert.Equal(("succeeded", "1.2.0"), (operation.GetProperty("status").GetString(), operation.GetProperty("to").GetString()));
        Assert.Equal("1.2.0", await VersionAsync(client));
    }

    [Fact]
    public async Task Canary_HostIsKilled_BeginsAgainFromTheLiveVersion()
    {
        using var directory = new HostDirectory().WithDrop();
        Drop(directory, "1.0.0");
        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectAsync("tried", Config);
            await client.ConnectedAsync("tried", "1.0.0");
            Drop(directory, "1.1.0");
            await PendingAsync(client, "1.1.0");
            host.Kill();
            await host.EndAsync();
        }

        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectedAsync("tried", "1.0.0");
            await PendingAsync(client, "1.1.0");
            Assert.Equal("1.0.0", await VersionAsync(client));
        }
    }

    private static void Drop(HostDirectory directory, string version) =>
        ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, $"probe-{version}", manifest => manifest["version"] = version);

    private static async Task<JsonElement> CanaryAsync(HttpClient client) =>
        (await client.GetJsonAsync("api/instances/tried")).GetProperty("status").GetProperty("canary");

    private static async Task<string?> VersionAsync(HttpClient client) =>
        (await (await client.PostAsync("api/instances/tried/actions/who", "{}")).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetString();

    private static async Task<JsonElement> PendingAsync(HttpClient client, string version)
    {
        var canary = default(JsonElement);
        await Poll.UntilAsync(
            async () =>
            {
                canary = await CanaryAsync(client);
                return canary.ValueKind == JsonValueKind.Object && canary.GetProperty("version").GetString() == version
                    && canary.GetProperty("verdict").GetString() == "pending";
            },
            () => $"It is not tried: {canary}");
        return canary;
    }
}
