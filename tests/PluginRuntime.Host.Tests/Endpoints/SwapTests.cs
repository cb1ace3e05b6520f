using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>With a host of its own: what these drop would change what other tests see.</summary>
public sealed class SwapTests
{
    [Fact]
    public async Task Swap_RollBack_Quarantine_OutliveAKill()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, directory.Drop, "one");
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, directory.Drop, "two", manifest => manifest["version"] = "1.1.0");
        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectAsync("swapped", """{"connector":"stubborn","update":"manual","pool":{"size":1}}""");
            await client.ConnectedAsync("swapped", "1.1.0");

            var operation = await client.EndOfAsync(await client.PostAsync("api/instances/swapped/swap", """{"version":"1.0.0"}"""));
            Assert.Equal("succeeded", operation.GetProperty("status").GetString());
            Assert.Equal("1.0.0", operation.GetProperty("to").GetString());
            await client.ConnectedAsync("swapped", "1.0.0");

            operation = await client.EndOfAsync(await client.PostAsync("api/instances/swapped/rollback"));
            Assert.Equal("succeeded", operation.GetProperty("status").GetString());
            await client.ConnectedAsync("swapped", "1.1.0");
            await (await client.PostAsync("api/instances/swapped/swap", """{"version":"1.0.0"}""")).ProblemAsync(HttpStatusCode.Conflict, "version.quarantined");
            await (await client.PostAsync("api/instances/swapped/swap", """{"version":"7.0.0"}""")).ProblemAsync(HttpStatusCode.Conflict, "version.unmatched");
            await (await client.PostAsync("api/instances/swapped/swap", """{"version":"7"}""")).ProblemAsync(HttpStatusCode.BadRequest, "version.invalid");
            await (await client.PostAsync("api/instances/swapped/swap", """{"to":"1.0.0"}""")).ProblemAsync(HttpStatusCode.BadRequest, "version.invalid");
            await (await client.PostAsync("api/instances/demo/rollback")).ProblemAsync(HttpStatusCode.Conflict, "rollback.impossible");
            host.Kill();
            await host.EndAsync();
        }

        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectedAsync("swapped", "1.1.0");
            var quarantine = (await client.GetJsonAsync("api/instances/swapped")).GetProperty("status").GetProperty("quarantine");
            Assert.Equal("1.0.0", Assert.Single(quarantine.EnumerateArray()).GetProperty("package").GetProperty("version").GetString());

            await client.EndOfAsync(await client.PostAsync("api/instances/swapped/quarantine/clear"));
            var operation = await client.EndOfAsync(await client.PostAsync("api/instances/swapped/reconnect"));
            Assert.Equal("succeeded", operation.GetProperty("status").GetString());
            Assert.Empty((await client.GetJsonAsync("api/instances/swapped")).GetProperty("status").GetProperty("quarantine").EnumerateArray());
        }
    }

    [Fact]
    public async Task Swap_NewVersionTurnsBadWithinItsBakePeriod_TakesItselfBack()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "good", manifest => manifest["version"] = "1.0.0");
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectAsync("baked", """{"connector":"probe","pool":{"size":2},"bake":{"time":"10m","calls":20},"retry":{"maxRetries":0}}""");
        await client.ConnectedAsync("baked", "1.0.0");
        ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "bad", manifest => manifest["version"] = "1.1.0", "who-throws");
        await client.ConnectedAsync("baked", "1.1.0");

        var codes = new List<string>();
        await Poll.UntilAsync(
            async () =>
            {
                var answer = await (await client.PostAsync("api/instances/baked/actions/who", "{}")).Content.ReadFromJsonAsync<JsonElement>();
                codes.Add(answer.TryGetProperty("code", out var code) ? code.GetString()! : answer.GetProperty("version").GetString()!);
                return codes[^1] == "1.0.0";
            },
            () => $"It does not go back: {string.Join(' ', codes)}");

        Assert.Equal(["connector.bug", "1.0.0"], codes.Distinct());
        await client.ConnectedAsync("baked", "1.0.0");
        var quarantine = (await client.GetJsonAsync("api/instances/baked")).GetProperty("status").GetProperty("quarantine");
        Assert.Equal("rollback.automatic", Assert.Single(quarantine.EnumerateArray()).GetProperty("code").GetString());
    }
}
