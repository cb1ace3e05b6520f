using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>Registered connectors belong to orgs: each has its own under the same ids, and what one shares others call by the org's name.</summary>
public sealed class ConnectorOrgTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> _loopback = new() { ["PluginRuntime__Egress__Allow__0"] = "127.0.0.1" };

    private readonly HostDirectory _directory = new();
    private readonly HttpServer _api = new(request => HttpServer.Reply.Of(200, $$"""{"asked":"{{request.Target}}"}""", "Content-Type: application/json"));
    private HostProgram _program = null!;
    private HttpClient _host = null!;
    private HttpClient _acme = null!;
    private HttpClient _beta = null!;

    public async Task InitializeAsync()
    {
        _program = await HostProgram.StartAsync(_directory, _loopback);
        _host = _program.Client(_directory);
        _acme = await OfAsync("acme");
        _beta = await OfAsync("beta");
    }

    public async Task DisposeAsync()
    {
        foreach (var client in (HttpClient?[])[_host, _acme, _beta])
        {
            client?.Dispose();
        }

        _program?.Dispose();
        await _api.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Ids_AreUniqueWithinAnOrg()
    {
        foreach (var (client, place) in ((HttpClient, string)[])[(_acme, "acme"), (_beta, "beta"), (_host, "host")])
        {
            var made = await client.PostAsync("api/connectors/register", Body("1.0.0", place));
            Assert.Equal((HttpStatusCode.Created, "/api/connectors/crm"), (made.StatusCode, made.Headers.Location!.ToString()));
            await (await client.PostAsync("api/connectors/register", Body("1.0.0", place))).ProblemAsync(HttpStatusCode.Conflict, "connector.exists");
            await client.ConnectAsync("crm", """{"connector":"crm"}""");
        }

        foreach (var (client, place) in ((HttpClient, string)[])[(_acme, "acme"), (_beta, "beta"), (_host, "host")])
        {
            Assert.Equal($"/{place}/users", await AskAsync(client, "crm"));
            Assert.Equal(["crm"], await CustomAsync(client));
            var instance = await client.GetJsonAsync("api/instances/crm");
            Assert.Equal("crm", instance.GetProperty("config").GetProperty("connector").GetString());
            Assert.Equal("crm", instance.GetProperty("status").GetProperty("generation").GetProperty("connector").GetString());
        }

        await (await _acme.PutAsync("api/connectors/crm", Body("1.1.0", "acme/new"))).JsonAsync();
        await _acme.ConnectedAsync("crm", "1.1.0");
        Assert.Equal(["/acme/new/users", "/beta/users"], [await AskAsync(_acme, "crm"), await AskAsync(_beta, "crm")]);
        await (await _acme.PostAsync("api/connectors/register", Body("1.0.0", "x", "sqlite"))).ProblemAsync(HttpStatusCode.Conflict, "connector.exists");
        await (await _acme.PutAsync("api/connectors/sqlite", Body("9.0.0", "x", "sqlite"))).ProblemAsync(HttpStatusCode.Forbidden, "connector.builtin");
    }

    [Theory]
    [InlineData("GET", "api/connectors/{id}", null)]
    [InlineData("GET", "api/connectors/{id}/versions", null)]
    [InlineData("GET", "api/connectors/{id}/versions/1.0.0", null)]
    [InlineData("GET", "api/connectors/{id}/sharing", null)]
    [InlineData("PUT", "api/connectors/{id}/sharing", """{"orgs":["beta"]}""")]
    [InlineData("PUT", "api/connectors/{id}", "manifest")]
    [InlineData("DELETE", "api/connectors/{id}?force=true", null)]
    public async Task Foreign_IsAsIfItWereNotThere(string method, string path, string? body)
    {
        await (await _acme.PostAsync("api/connectors/register", Body("1.0.0", "acme"))).JsonAsync();
        foreach (var id in (string[])["crm", "acme%2Fcrm"])
        {
            var foreign = await AskAsync(id);
            var missing = await AskAsync(id.Replace("crm", "absent", StringComparison.Ordinal));
            Assert.Equal(missing, foreign.Replace("crm", "absent", StringComparison.Ordinal));
        }

        var refused = await (await _beta.PutAsync("api/instances/mine", """{"connector":"acme/crm"}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal("connector.unknown", refused.GetProperty("errors")[0].GetProperty("code").GetString());
        Assert.Equal("1.0.0", (await _acme.GetJsonAsync("api/connectors/crm")).GetProperty("version").GetString());

        async Task<string> AskAsync(string id)
        {
            var text = body == "manifest" ? Body("2.0.0", "beta", id[(id.IndexOf('F', StringComparison.Ordinal) + 1)..]) : body;
            var answer = await _beta.SendAsync(new(method), path.Replace("{id}", id, StringComparison.Ordinal), text is null ? null : Http.Json(text));
            return (await answer.ProblemAsync(HttpStatusCode.NotFound, "connector.unknown")).GetProperty("detail").GetString()!;
        }
    }

    [Fact]
    public async Task Shared_IsUsedUnderItsOrgsNameUntilItIsTakenBack()
    {
        await (await _acme.PostAsync("api/connectors/register", Body("1.0.0", "acme"))).JsonAsync();
        await (await _beta.PostAsync("api/connectors/register", Body("1.0.0", "beta"))).JsonAsync();
        await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":["*"]}""")).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":["no org!"]}""")).ProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal("""{"orgs":["beta","gamma"]}""", (await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":["gamma","beta","beta"]}""")).JsonAsync()).GetRawText());

        await (await _host.PostAsync("api/orgs", """{"name":"gamma"}""")).JsonAsync();
        await (await _host.SendAsync(HttpMethod.Delete, "api/orgs/gamma")).JsonAsync();
        Assert.Equal("""{"orgs":["beta"]}""", (await _acme.GetJsonAsync("api/connectors/crm/sharing")).GetRawText());

        Assert.Equal(["acme/crm", "crm"], await CustomAsync(_beta));
        Assert.Equal(["acme/crm"], (await _beta.GetJsonAsync("api/marketplace?search=finds")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Empty(await CustomAsync(_host));
        Assert.Equal("acme", (await _beta.GetJsonAsync("api/connectors/acme%2Fcrm")).GetProperty("org").GetString());
        await (await _beta.PutAsync("api/connectors/acme%2Fcrm", Body("2.0.0", "beta"))).ProblemAsync(HttpStatusCode.Forbidden, "connector.foreign");
        await (await _beta.SendAsync(HttpMethod.Delete, "api/connectors/acme%2Fcrm")).ProblemAsync(HttpStatusCode.Forbidden, "connector.foreign");
        await _beta.ConnectAsync("theirs", """{"connector":"acme/crm","bake":{"time":"0s"}}""");
        await _beta.ConnectAsync("own", """{"connector":"crm"}""");
        Assert.Equal(["/acme/users", "/beta/users"], [await AskAsync(_beta, "theirs"), await AskAsync(_beta, "own")]);
        await (await _beta.SendAsync(HttpMethod.Patch, "api/instances/theirs", Http.Json("""{"timeout":"20s"}"""))).JsonAsync();
        Assert.Equal("acme/crm", (await _beta.GetJsonAsync("api/instances/theirs")).GetProperty("config").GetProperty("connector").GetString());

        await (await _acme.PutAsync("api/connectors/crm", Body("1.1.0", "acme/new"))).JsonAsync();
        await _beta.ConnectedAsync("theirs", "1.1.0");
        Assert.Equal("/acme/new/users", await AskAsync(_beta, "theirs"));

        var used = await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":[]}""")).ProblemAsync(HttpStatusCode.Conflict, "connector.in-use");
        Assert.DoesNotContain("theirs", used.GetRawText(), StringComparison.Ordinal);
        using var admin = _program.Client(_directory);
        admin.DefaultRequestHeaders.Add("Connector-Org", "acme");
        await (await admin.PutAsync("api/connectors/crm/sharing", """{"orgs":[]}""")).ProblemAsync(HttpStatusCode.Conflict, "connector.in-use");
        await (await admin.PutAsync("api/connectors/crm/sharing?force=true", """{"orgs":[]}""")).JsonAsync();
        await Poll.UntilAsync(
            async () => (await _beta.GetJsonAsync("api/instances/theirs")).GetProperty("status") is var status
                && !status.GetProperty("isConnected").GetBoolean()
                && status.GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error && error.GetProperty("code").GetString() == "connector.unknown",
            () => "It still runs.");
        await (await _beta.PostAsync("api/instances/theirs/actions/find", "{}")).ProblemAsync(HttpStatusCode.Conflict, "instance.unbound");
        Assert.Equal(["crm"], await CustomAsync(_beta));
        Assert.Equal("/beta/users", await AskAsync(_beta, "own"));
    }

    [Fact]
    public async Task OfTheHost_IsSharedUnderItsIdAndNothingTakesItsPlace()
    {
        await (await _host.PostAsync("api/connectors/register", Body("1.0.0", "host"))).JsonAsync();
        Assert.Empty(await CustomAsync(_acme));
        await (await _host.PutAsync("api/connectors/crm/sharing", """{"orgs":["*"]}""")).JsonAsync();
        Assert.Equal(["crm"], await CustomAsync(_acme));
        await _acme.ConnectAsync("before", """{"type":"crm"}""");

        await (await _acme.PostAsync("api/connectors/register", Body("3.0.0", "acme"))).JsonAsync();

        Assert.Equal(["crm", "default/crm"], await CustomAsync(_acme));
        await (await _acme.SendAsync(HttpMethod.Patch, "api/instances/before", Http.Json("""{"timeout":"20s"}"""))).JsonAsync();
        Assert.Equal("default/crm", (await _acme.GetJsonAsync("api/instances/before")).GetProperty("config").GetProperty("type").GetString());
        await _acme.ConnectAsync("after", """{"connector":"crm"}""");
        await _acme.ConnectAsync("named", """{"connector":"default/crm"}""");
        Assert.Equal(["/host/users", "/acme/users", "/host/users"], [await AskAsync(_acme, "before"), await AskAsync(_acme, "after"), await AskAsync(_acme, "named")]);
    }

    [Fact]
    public async Task Events_AreTheOrgsAndARestartChangesNothing()
    {
        await (await _acme.PostAsync("api/connectors/register", Body("1.0.0", "acme"))).JsonAsync();
        await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":["beta"]}""")).JsonAsync();
        await _beta.ConnectAsync("theirs", """{"connector":"acme/crm"}""");

        Assert.Equal(
            ["connector.registered crm The connector 'crm' 1.0.0 was registered.", "connector.shared crm The connector 'crm' is shared with beta."],
            await EventsAsync(_acme));
        Assert.Empty(await EventsAsync(_beta));
        Assert.Empty(await EventsAsync(_host));
        await (await _host.SendAsync(HttpMethod.Delete, "api/orgs/acme")).ProblemAsync(HttpStatusCode.Conflict, "org.in-use");

        _program.Terminate();
        Assert.Equal(0, await _program.EndAsync());
        _program = await HostProgram.StartAsync(_directory, _loopback);
        using var again = _program.With(_beta.DefaultRequestHeaders.Authorization!.Parameter!);
        await again.ConnectedAsync("theirs");
        Assert.Equal("/acme/users", await AskAsync(again, "theirs"));
    }

    [Fact]
    public async Task StoredCredential_ServesTheOrgsOwnConnectorByItsId()
    {
        await (await _acme.PostAsync("api/connectors/register", Body("1.0.0", "acme"))).JsonAsync();
        await (await _acme.PutAsync("api/connectors/crm/sharing", """{"orgs":["beta"]}""")).JsonAsync();
        const string Credential = """{"type":"api_key","apiKey":"k-1","connectors":["crm"],"hosts":["127.0.0.1"]}""";
        await (await _acme.PutAsync("api/credentials/key", Credential)).JsonAsync();
        await (await _beta.PutAsync("api/credentials/key", Credential)).JsonAsync();

        await _acme.ConnectAsync("crm", """{"connector":"crm","credentials":"key"}""");
        Assert.Equal("/acme/users", await AskAsync(_acme, "crm"));
        var refused = await (await _beta.PutAsync("api/instances/theirs", """{"connector":"acme/crm","credentials":"key"}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal("credentials.connector", refused.GetProperty("errors")[0].GetProperty("code").GetString());
        await (await _beta.PutAsync("api/credentials/key", Credential.Replace("\"crm\"", "\"acme/crm\"", StringComparison.Ordinal))).JsonAsync();
        await _beta.ConnectAsync("theirs", """{"connector":"acme/crm","credentials":"key"}""");
    }

    private static async Task<string> AskAsync(HttpClient client, string instance) =>
        (await (await client.PostAsync($"api/instances/{instance}/actions/find", "{}")).JsonAsync()).GetProperty("asked").GetString()!;

    private static async Task<IEnumerable<string?>> CustomAsync(HttpClient client) =>
        [.. (await client.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString())];

    private static async Task<IEnumerable<string>> EventsAsync(HttpClient client)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"));
        return
        [
            .. from found in (await answer.JsonAsync()).GetProperty("items").EnumerateArray()
               let type = found.GetProperty("type").GetString()!
               where type.StartsWith("connector.", StringComparison.Ordinal)
               select $"{type} {found.GetProperty("connector").GetString()} {found.GetProperty("detail").GetString()}",
        ];
    }

    private async Task<HttpClient> OfAsync(string org)
    {
        await (await _host.PostAsync("api/orgs", $$"""{"name":"{{org}}"}""")).JsonAsync();
        return _program.With((await _host.KeyAsync(org, "org-admin")).Text);
    }

    private string Body(string version, string place, string id = "crm") => JsonSerializer.Serialize(new
    {
        manifest = JsonElement.Parse(
            $$"""
            {"manifestVersion":1,"id":"{{id}}","name":"CRM","version":"{{version}}","description":"Finds customers.","category":"custom","auth":{"type":"any"},
             "http":{"baseUrl":"{{_api.Url}}/{{place}}"},
             "actions":[{"id":"find","name":"Find","description":"Finds.","idempotent":true,
               "inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"http":{"method":"GET","path":"/users"} } ] }
            """),
    });
}
