using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>What is done to all instances, and to connections that come and go.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private HostProgram _host = null!;
    private HttpClient _client = null!;

    private string Flag => Path.Combine(_directory.Path, "down");

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "probe");
        await File.WriteAllTextAsync(_directory.ConfigFile, $$$"""{"instances":{"fixed":{{{Config("""{"required":true}""")}}}}}""");
        _host = await HostProgram.StartAsync(_directory);
        _client = _host.Client(_directory);
    }

    public Task DisposeAsync()
    {
        _client?.Dispose();
        _host?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task All_DisconnectConnectReconnect_TellsOfEachByName()
    {
        await _client.ConnectAsync("other", Config("{}"));

        var off = await AllAsync("disconnect");
        Assert.Equal(["demo", "fixed", "other"], off.Select(item => item.GetProperty("name").GetString()));
        Assert.Equal((409, "instance.read-only"), (off[1].GetProperty("problem").GetProperty("status").GetInt32(), off[1].GetProperty("problem").GetProperty("code").GetString()));
        Assert.Equal(["disconnected", "disconnected"], new[] { off[0], off[2] }.Select(item => item.GetProperty("status").GetProperty("state").GetString()));

        var on = await AllAsync("connect");
        Assert.All(on, item => Assert.True(item.GetProperty("status").GetProperty("isConnected").GetBoolean(), item.GetRawText()));
        Assert.True((await _client.GetJsonAsync("api/instances/other")).GetProperty("config").GetProperty("enabled").GetBoolean());

        var again = await AllAsync("reconnect");
        Assert.Equal(["demo", "fixed", "other"], again.Select(item => item.GetProperty("name").GetString()));
        Assert.All(again, item => Assert.Equal("succeeded", item.GetProperty("operation").GetProperty("status").GetString()));

        var health = await (await _client.PostAsync("api/health/check")).JsonAsync();
        Assert.True(health.GetProperty("healthy").GetBoolean());
        Assert.Equal(3, health.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Ready_RequiredInstanceTurnsUnhealthy_IsNotReadyUntilItHeals()
    {
        await _client.ConnectAsync("optional", Config($$$"""{"settings":{"downWhileFileExists":"{{{Flag}}}-optional"}}"""));
        await ReadyIsAsync(HttpStatusCode.OK, "ready");

        await File.WriteAllTextAsync(Flag + "-optional", "");
        await Poll.UntilAsync(async () => (await _client.GetJsonAsync("api/instances/optional")).GetProperty("status").GetProperty("state").GetString() == "reconnecting", () => "It seems well.");
        await ReadyIsAsync(HttpStatusCode.OK, "ready");

        await File.WriteAllTextAsync(Flag, "");
        await ReadyIsAsync(HttpStatusCode.ServiceUnavailable, "unready");

        File.Delete(Flag);
        await ReadyIsAsync(HttpStatusCode.OK, "ready");
    }

    [Fact]
    public async Task Validate_WithConnect_TriesWithoutTouchingWhatRuns()
    {
        await _client.ConnectAsync("tried", Config("{}"));
        var before = (await _client.GetJsonAsync("api/instances/tried")).GetProperty("status").GetProperty("generation").GetRawText();

        var good = await TryAsync("tried", Config("""{"settings":{"label":"x"}}"""));
        Assert.True(good.GetProperty("valid").GetBoolean());
        Assert.Equal(["stage", "load", "init", "open", "check"], good.GetProperty("connect").GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()));

        await File.WriteAllTextAsync(Flag, "");
        var bad = await TryAsync("new-one", Config("{}"));
        Assert.False(bad.GetProperty("valid").GetBoolean());
        Assert.Equal("open", bad.GetProperty("connect").GetProperty("failedAt").GetString());
        Assert.Equal("connector.unavailable", bad.GetProperty("errors")[0].GetProperty("code").GetString());

        var wrong = await TryAsync("new-one", """{"connector":"probe","frob":1,"host":"${env:HOME}"}""");
        Assert.Equal(["/frob", "/host"], wrong.Pointers());
        Assert.Equal(JsonValueKind.Null, wrong.GetProperty("connect").ValueKind);
        Assert.Equal(before, (await _client.GetJsonAsync("api/instances/tried")).GetProperty("status").GetProperty("generation").GetRawText());
        await (await _client.PostAsync("api/instances/tried/validate?connect=maybe", "{}")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    private async Task<JsonElement> TryAsync(string name, string config) => await (await _client.PostAsync($"api/instances/{name}/validate?connect=true", config)).JsonAsync();

    private async Task<IReadOnlyList<JsonElement>> AllAsync(string what) =>
        [.. (await (await _client.PostAsync($"api/instances/{what}")).JsonAsync()).GetProperty("items").EnumerateArray()];

    private Task ReadyIsAsync(HttpStatusCode status, string word) => Poll.UntilAsync(
        async () =>
        {
            var answer = await _client.GetAsync(new Uri("health/ready", UriKind.Relative));
            return answer.StatusCode == status && JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("status").GetString() == word;
        },
        () => $"It does not become {word}.");

    /// <summary>A probe that is down while there is a flag, with more keys.</summary>
    private string Config(string more)
    {
        var config = System.Text.Json.Nodes.JsonNode.Parse(more)!.AsObject();
        config["connector"] = "probe";
        config["pool"] = new System.Text.Json.Nodes.JsonObject { ["size"] = 2, ["min"] = 1 };
        config["health"] = new System.Text.Json.Nodes.JsonObject { ["interval"] = "100ms" };
        config["settings"] ??= new System.Text.Json.Nodes.JsonObject { ["downWhileFileExists"] = Flag };
        return config.ToJsonString();
    }
}
