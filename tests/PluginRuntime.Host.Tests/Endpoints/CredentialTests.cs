using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Endpoints;

public sealed class CredentialTests : IAsyncLifetime
{
    private const string Canary = "canary-91c3e0";
    private const string Stored = $$"""{"type":"bearer","token":"{{Canary}}","connectors":["http"],"hosts":["api.example.com"]}""";
    private const string Shown = """{"connectors":["http"],"hosts":["api.example.com"],"token":{"$secret":"set"},"type":"bearer"}""";
    private const string Path = "api/credentials/crm";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private readonly HttpServer _server = new();
    private HostProgram _program = null!;
    private HttpClient _admin = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_directory.ConfigFile, """{"credentials":{"configured":{"type":"bearer","token":"of-file"}}}""");
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        End();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Put_ThenGet_ShowsAllButTheSecret()
    {
        var created = await _client.PutAsync(Path, Stored);
        Assert.Equal((HttpStatusCode.Created, "/api/credentials/crm", "\"1\""), (created.StatusCode, created.Headers.Location?.ToString(), created.Headers.ETag?.Tag));
        var read = await _client.SendAsync(HttpMethod.Get, Path);
        Assert.Equal("\"1\"", read.Headers.ETag?.Tag);
        Assert.Equal($$$"""{"name":"crm","revision":1,"config":{{{Shown}}},"usedBy":[],"authorized":null}""", await read.Content.ReadAsStringAsync());
        Assert.Equal("crm", Assert.Single((await _client.GetJsonAsync("api/credentials?limit=1")).GetProperty("items").EnumerateArray()).GetProperty("name").GetString());

        var same = await _client.PutAsync(Path, Shown);
        Assert.Equal((HttpStatusCode.OK, "\"1\""), (same.StatusCode, same.Headers.ETag?.Tag));
        var planned = await (await _client.PutAsync(Path + "?dryRun=true", Shown.Replace("bearer\"", "bearer\",\"expiresAt\":\"2099-01-01T00:00:00Z\"", StringComparison.Ordinal))).JsonAsync();
        Assert.Equal(("update", 2), (planned.GetProperty("change").GetString(), planned.GetProperty("revision").GetInt64()));
        Assert.Equal(1, (await _client.GetJsonAsync(Path)).GetProperty("revision").GetInt64());

        // After a restart as before, and what is the same is the same still.
        End();
        await StartAsync();
        Assert.Equal("\"1\"", (await _client.PutAsync(Path, Stored)).Headers.ETag?.Tag);
        Assert.Equal("\"1\"", (await _client.PutAsync(Path, Shown)).Headers.ETag?.Tag);
    }

    [Fact]
    public async Task Put_Conditions_AreThoseOfInstances()
    {
        await (await _client.SendAsync(HttpMethod.Put, Path, Http.Json(Stored), ("If-Match", "\"1\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await _client.SendAsync(HttpMethod.Put, Path, Http.Json(Stored), ("If-None-Match", "*"))).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Put, Path, Http.Json(Stored), ("If-None-Match", "*"))).ProblemAsync(HttpStatusCode.PreconditionFailed, "credential.exists");
        await (await _client.SendAsync(HttpMethod.Put, Path, Http.Json(Stored.Replace("0\"", "1\"", StringComparison.Ordinal)), ("If-Match", "\"1\""))).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Delete, Path, null, ("If-Match", "\"1\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await _client.SendAsync(HttpMethod.Delete, Path + "?dryRun=true")).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Delete, Path, null, ("If-Match", "\"2\""))).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Delete, Path)).ProblemAsync(HttpStatusCode.NotFound, "credential.unknown");
    }

    [Theory]
    [InlineData("{}", "/connectors /hosts /type")]
    [InlineData("[]", "")]
    [InlineData("""{"type":"bearer","token":"t","connectors":[],"hosts":"a"}""", "/connectors /hosts")]
    [InlineData("""{"type":"bearer","token":"t","connectors":["HTTP",1],"hosts":["https://a.example","a b"]}""", "/connectors/0 /connectors/1 /hosts/0 /hosts/1")]
    [InlineData("""{"type":"bearer","tokn":"t","connectors":["http"],"hosts":["a.example"]}""", "/token /tokn")]
    [InlineData("""{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"https://b.example","connectors":["http"],"hosts":["a.example"]}""", "/tokenUrl")]
    [InlineData("""{"type":"bearer","token":"${env:HOME}","connectors":["http"],"hosts":["a.example"]}""", "/token")]
    [InlineData("""{"type":"bearer","token":{"$secret":"set"},"connectors":["http"],"hosts":["a.example"]}""", "/token")]
    public async Task Put_Wrong_TellsAll(string body, string pointers)
    {
        var problem = await (await _client.PutAsync(Path, body)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");

        Assert.Equal(pointers, string.Join(' ', problem.Pointers()));
        await (await _client.PutAsync("api/credentials/a%2Fb", Stored)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
        await (await _client.PutAsync("api/credentials/-a", Stored)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
    }

    [Fact]
    public async Task Delete_InUse_NamesTheOrgsOwnInstances()
    {
        var body = Stored.Replace("api.example.com", "127.0.0.1", StringComparison.Ordinal);
        await (await _admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var acme = _program.With((await _admin.KeyAsync("acme", "read", "manage")).Text);
        foreach (var client in new[] { _client, acme })
        {
            await (await client.PutAsync(Path, body)).JsonAsync();
            await (await client.PutAsync("api/instances/uses", $$$"""{"connector":"http","enabled":false,"settings":{"baseUrl":"{{{_server.Url}}}"},"credentials":"crm"}""")).JsonAsync();
        }

        var problem = await (await acme.SendAsync(HttpMethod.Delete, Path)).ProblemAsync(HttpStatusCode.Conflict, "credential.in-use");

        Assert.Equal("'crm' is used by 'uses'. Name another credential there first.", problem.GetProperty("detail").GetString());
        Assert.Equal(["uses"], (await acme.GetJsonAsync(Path)).GetProperty("usedBy").EnumerateArray().Select(user => user.GetString()));
        await (await acme.SendAsync(HttpMethod.Delete, "api/instances/uses")).JsonAsync();
        await (await _admin.SendAsync(HttpMethod.Delete, "api/orgs/acme")).ProblemAsync(HttpStatusCode.Conflict, "org.in-use");
        await (await acme.SendAsync(HttpMethod.Delete, Path)).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Delete, Path)).ProblemAsync(HttpStatusCode.Conflict, "credential.in-use");
    }

    [Fact]
    public async Task Name_OfAConfiguredOne_IsTheStoredOneForWhoIsNotTheHosts()
    {
        var config = $$$"""{"connector":"http","settings":{"baseUrl":"{{{_server.Url}}}"},"credentials":"configured"}""";
        await (await _client.PutAsync("api/instances/mine", config)).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        await (await _client.PutAsync("api/credentials/configured", Stored.Replace("api.example.com", "127.0.0.1", StringComparison.Ordinal))).JsonAsync();
        await _client.ConnectAsync("mine", config);
        await _admin.ConnectAsync("theirs", config);

        foreach (var instance in new[] { "mine", "theirs" })
        {
            await (await _admin.PostAsync($"api/instances/{instance}/actions/get", $$$"""{"path":"/{{{instance}}}"}""")).JsonAsync();
        }

        Assert.Equal(["Bearer " + Canary], _server.Requests.Single(request => request.Target == "/mine").Values("Authorization"));
        Assert.Equal(["Bearer of-file"], _server.Requests.Single(request => request.Target == "/theirs").Values("Authorization"));
        Assert.Equal(["mine"], (await _client.GetJsonAsync("api/credentials/configured")).GetProperty("usedBy").EnumerateArray().Select(user => user.GetString()));
    }

    [Fact]
    public async Task Rotation_UnderCallers_FailsNoCall()
    {
        var accepted = new[] { "Bearer first" };
        _server.Answer = request => request.Values("Authorization").Any(value => Volatile.Read(ref accepted).Contains(value))
            ? HttpServer.Reply.Of(200, "{}", "Content-Type: application/json")
            : HttpServer.Reply.Of(401, "{}");
        await (await _client.PutAsync(Path, With("first"))).JsonAsync();
        await _client.ConnectAsync("rotating", $$$"""{"connector":"http","settings":{"baseUrl":"{{{_server.Url}}}"},"credentials":"crm","bake":{"time":"0s"},"pool":{"size":4}}""");
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var calls = 0;
            for (; !stop.IsCancellationRequested; calls++)
            {
                await (await _admin.PostAsync("api/instances/rotating/actions/get", """{"path":"/x"}""")).JsonAsync();
            }

            return calls;
        })).ToList();

        var before = "first";
        foreach (var next in new[] { "second", "third", "fourth" })
        {
            Volatile.Write(ref accepted, ["Bearer " + before, "Bearer " + next]);
            var number = await NumberAsync();
            await (await _client.PutAsync(Path, With(next))).JsonAsync();

            // Only what runs with the old one may still send it: when that has ended, the server takes it no more.
            await Poll.UntilAsync(
                () => _program.Output.Contains($"rotating: generation {number} on 1.0.0 ended; drained: True", StringComparison.Ordinal), () => $"{before} does not end: {_program.Output}");
            Volatile.Write(ref accepted, ["Bearer " + next]);
            before = next;
        }

        // The old one has ended, and the callers may not have called again yet.
        await Poll.UntilAsync(() => _server.Requests[^1].Values("Authorization").Contains("Bearer fourth"), () => "Nobody calls with the last one.");
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(callers), calls => Assert.True(calls > 0));
        Assert.Equal(["Bearer fourth"], _server.Requests[^1].Values("Authorization"));
    }

    private async Task<long> NumberAsync() =>
        (await _client.GetJsonAsync("api/instances/rotating")).GetProperty("status").GetProperty("generation").GetProperty("number").GetInt64();

    private static string With(string token) => $$"""{"type":"bearer","token":"{{token}}","connectors":["http"],"hosts":["127.0.0.1"]}""";

    private async Task StartAsync()
    {
        _program = await HostProgram.StartAsync(_directory, new Dictionary<string, string> { ["PluginRuntime__Egress__Allow__0"] = "127.0.0.1" });
        _admin = _program.Client(_directory);
        _client = _program.With((await _admin.KeyAsync("default", "read", "manage")).Text);
    }

    private void End()
    {
        _client?.Dispose();
        _admin?.Dispose();
        _program?.Dispose();
    }
}
