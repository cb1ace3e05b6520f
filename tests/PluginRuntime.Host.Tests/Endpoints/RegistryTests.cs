extern alias host;

using System.Net;
using System.Text.Json;
using Dapper;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;

namespace PluginRuntime.Host.Tests.Endpoints;

public sealed class RegistryTests : IDisposable
{
    private readonly HostDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task RegisterUpdateDelete_WithARestartBetween_DoWhatTheySay()
    {
        using (var program = await HostProgram.StartAsync(_directory))
        using (var client = program.Client(_directory))
        {
            var answer = await client.PostAsync("api/connectors/register", Body("1.0.0"));
            Assert.Equal((HttpStatusCode.Created, "/api/connectors/custom_connector"), (answer.StatusCode, answer.Headers.Location!.ToString()));
            Assert.Equal(
                """{"message":"custom_connector 1.0.0 was registered.","connectorId":"custom_connector","version":"1.0.0"}""", (await answer.JsonAsync()).GetRawText());
            await (await client.PostAsync("api/connectors/register", Body("1.0.0"))).ProblemAsync(HttpStatusCode.Conflict, "connector.exists");
        }

        using var again = await HostProgram.StartAsync(_directory);
        using var later = again.Client(_directory);
        var updated = await (await later.PutAsync("api/connectors/custom_connector", Body("1.1.0", """["term","place"]"""))).JsonAsync();
        Assert.Equal("1.1.0", updated.GetProperty("version").GetString());
        Assert.Equal(["required-added"], updated.GetProperty("breaks").EnumerateArray().Select(item => item.GetProperty("kind").GetString()));
        await (await later.PutAsync("api/connectors/custom_connector", Body("1.1.0"))).ProblemAsync(HttpStatusCode.Conflict, "version.unchanged");
        await (await later.PutAsync("api/connectors/custom_connector", Body("1.0.0"))).ProblemAsync(HttpStatusCode.Conflict, "version.unchanged");
        await (await later.PutAsync("api/connectors/custom_connector", Body("1.0.5"))).ProblemAsync(HttpStatusCode.Conflict, "version.lower");
        await (await later.PutAsync("api/connectors/demo", Body("9.0.0", id: "demo"))).ProblemAsync(HttpStatusCode.Forbidden, "connector.builtin");
        await (await later.PutAsync("api/connectors/other", Body("9.0.0", id: "other"))).ProblemAsync(HttpStatusCode.NotFound, "connector.unknown");

        var shown = await later.GetJsonAsync("api/connectors/custom_connector");
        Assert.Equal(("1.1.0", "registry", false), (shown.GetProperty("version").GetString(), shown.GetProperty("source").GetString(), shown.GetProperty("builtIn").GetBoolean()));
        var versions = (await later.GetJsonAsync("api/connectors/custom_connector/versions")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["1.1.0 registered", "1.0.0 registered"], versions.Select(item => $"{item.GetProperty("version").GetString()} {item.GetProperty("origin").GetString()}"));
        Assert.Equal("custom_connector", Assert.Single((await later.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray()).GetProperty("id").GetString());

        await (await later.SendAsync(HttpMethod.Delete, "api/connectors/demo")).ProblemAsync(HttpStatusCode.Forbidden, "connector.builtin");
        var deleted = await (await later.SendAsync(HttpMethod.Delete, "api/connectors/custom_connector")).JsonAsync();
        Assert.Equal("""{"message":"custom_connector was taken away.","connectorId":"custom_connector"}""", deleted.GetRawText());
        await (await later.SendAsync(HttpMethod.Delete, "api/connectors/custom_connector")).ProblemAsync(HttpStatusCode.NotFound, "connector.unknown");
        await (await later.PostAsync("api/connectors/register", Body("1.1.0"))).ProblemAsync(HttpStatusCode.Conflict, "version.taken");
    }

    [Fact]
    public async Task Register_Wrong_TellsWhere()
    {
        using var program = await HostProgram.StartAsync(_directory);
        using var client = program.Client(_directory);

        var invalid = await (await client.PostAsync("api/connectors/register", Body("one").Replace("\"now\"", "\"No!\"", StringComparison.Ordinal)))
            .ProblemAsync(HttpStatusCode.BadRequest, "manifest.invalid");
        Assert.Equal(["/actions/0/id", "/version"], invalid.Pointers().Order());
        var mismatch = await (await client.PutAsync("api/connectors/another", Body("1.0.0"))).ProblemAsync(HttpStatusCode.BadRequest, "manifest.invalid");
        Assert.Equal(["/id"], mismatch.Pointers());
        await (await client.PostAsync("api/connectors/register", """{"manifest":{},"frob":1}""")).ProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        await (await client.PostAsync("api/connectors/register", """[]""")).ProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        await (await client.PostAsync("api/connectors/register", Body("1.0.0")[..^1] + ""","version":"2.0.0"}""")).ProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Empty((await client.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Register_BoundToNothing_IsListedSoAndItsInstancesDoNotStart()
    {
        using var program = await HostProgram.StartAsync(_directory);
        using var client = program.Client(_directory);
        await (await client.PostAsync(
            "api/connectors/register",
            """{"manifest":{"manifestVersion":1,"id":"idea","name":"An idea","version":"1.0.0","auth":{"type":"none"},"actions":[{"id":"a","name":"A"}]}}""")).JsonAsync();

        var listed = (await client.GetJsonAsync("api/connectors")).GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("id").GetString()!, item => item.GetProperty("bound").GetBoolean());
        Assert.Equal((false, true), (listed["idea"], listed["demo"]));
        await (await client.PutAsync("api/instances/early", """{"connector":"idea"}""")).JsonAsync();
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/early")).GetProperty("status").GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error
                && error.GetProperty("code").GetString() == "load.no-class",
            () => "It does not say why it does not start.");
    }

    [Fact]
    public async Task Register_VersionBesideTheManifest_Counts()
    {
        using var program = await HostProgram.StartAsync(_directory);
        using var client = program.Client(_directory);
        var body = Body("1.0.0").Replace("""
            "version":"1.0.0",
            """.Trim(), "", StringComparison.Ordinal)[..^1] + ""","version":"3.2.1"}""";

        var dry = await client.PostAsync("api/connectors/register?dryRun=true", body);
        Assert.Equal((HttpStatusCode.OK, "custom_connector 3.2.1 would be registered."), (dry.StatusCode, (await dry.JsonAsync()).GetProperty("message").GetString()));
        Assert.Equal("3.2.1", (await (await client.PostAsync("api/connectors/register", body)).JsonAsync()).GetProperty("version").GetString());
    }

    [Fact]
    public async Task Register_ByOneWhoManages_IsNotTrustedAndLeavesOtherOrgsAlone()
    {
        using var program = await HostProgram.StartAsync(_directory);
        using var admin = program.Client(_directory);
        await (await admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var manager = program.With((await admin.KeyAsync("default", "manage")).Text);
        using var acme = program.With((await admin.KeyAsync("acme", "org-admin")).Text);

        Assert.Equal(HttpStatusCode.Created, (await manager.PostAsync("api/connectors/register", Body("1.0.0"))).StatusCode);
        await (await manager.PutAsync("api/connectors/custom_connector", Body("1.1.0"))).JsonAsync();
        await (await admin.PutAsync("api/connectors/custom_connector", Body("1.2.0"))).JsonAsync();
        await (await admin.PutAsync("api/connectors/custom_connector/sharing", """{"orgs":["acme"]}""")).JsonAsync();
        Assert.Equal("1.2.0", (await acme.GetJsonAsync("api/connectors/custom_connector/versions")).GetProperty("items")[0].GetProperty("version").GetString());
        await using (var database = await SqliteStateDatabase.OpenAsync(Path.Combine(_directory.Data, "state.db")))
        {
            var trusted = await database.RunAsync("read", connection => connection.QueryAsync<long>("SELECT is_trusted FROM manifest ORDER BY version"));
            Assert.Equal([0, 0, 1], trusted);
        }

        await (await acme.PutAsync("api/instances/hidden", """{"connector":"custom_connector"}""")).JsonAsync();
        foreach (var query in (string[])["", "?force=true", "?force=true&dryRun=true"])
        {
            var told = await (await manager.SendAsync(HttpMethod.Delete, "api/connectors/custom_connector" + query)).ProblemAsync(HttpStatusCode.Conflict, "connector.in-use");
            Assert.DoesNotContain("hidden", told.GetRawText(), StringComparison.Ordinal);
        }

        var toAdmin = await (await admin.SendAsync(HttpMethod.Delete, "api/connectors/custom_connector")).ProblemAsync(HttpStatusCode.Conflict, "connector.in-use");
        Assert.Contains("acme/hidden", toAdmin.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await (await admin.SendAsync(HttpMethod.Delete, "api/connectors/custom_connector?force=true")).JsonAsync();
    }

    private static string Body(string version, string required = """["term"]""", string id = "custom_connector") => JsonSerializer.Serialize(new
    {
        manifest = JsonElement.Parse(
            $$"""
            {"manifestVersion":1,"id":"{{id}}","name":"Custom Connector","version":"{{version}}","description":"Finds.","category":"custom","auth":{"type":"none"},
             "actions":[{"id":"now","name":"Now","description":"Finds now.","idempotent":true,
               "inputSchema":{"type":"object","properties":{"term":{"type":"string"},"place":{"type":"string"} },"required":{{required}},"additionalProperties":false} } ] }
            """),
    });
}
