using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>A registered manifest that names a package offers a part of what that does.</summary>
public sealed class PackageBindingTests : IDisposable
{
    private const string Narrow = """{"type":"object","required":["sql"],"additionalProperties":false,"properties":{"sql":{"type":"string","enum":["SELECT 1 AS n","SELECT 2 AS n"]}}}""";

    private readonly HostDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Bound_OffersWhatItSaysAndNoMoreAndComesBackAfterARestart()
    {
        string key;
        using (var program = await HostProgram.StartAsync(_directory))
        using (var admin = program.Client(_directory))
        {
            await (await admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
            key = (await admin.KeyAsync("acme", "org-admin")).Text;
            using var acme = program.With(key);
            await (await acme.PostAsync("api/connectors/register", Body("1.0.0", Action("query", Narrow)))).JsonAsync();
            await (await acme.PutAsync("api/instances/orders", """{"connector":"orders","settings":{"database":"orders.db"}}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
            await acme.ConnectAsync("orders", """{"connector":"orders","settings":{"dataSource":"orders.db"},"bake":{"time":"0s"}}""");

            Assert.Equal(1, await AskAsync(acme, "SELECT 1 AS n"));
            var refused = await (await acme.PostAsync("api/instances/orders/actions/query", """{"sql":"SELECT 3 AS n"}""")).ProblemAsync(HttpStatusCode.BadRequest, "input.invalid");
            Assert.Equal(["/sql"], refused.Pointers());
            await (await acme.PostAsync("api/instances/orders/actions/execute", """{"sql":"SELECT 1"}""")).ProblemAsync(HttpStatusCode.NotFound, "action.unknown");
            var item = Assert.Single((await acme.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray());
            Assert.Equal(("orders", true, "acme"), (item.GetProperty("id").GetString(), item.GetProperty("bound").GetBoolean(), item.GetProperty("org").GetString()));

            var wider = await (await acme.PutAsync("api/connectors/orders", Body("1.1.0", Action("query", Narrow), Action("execute")))).JsonAsync();
            Assert.Empty(wider.GetProperty("breaks").EnumerateArray());
            await acme.ConnectedAsync("orders", "1.1.0");
            Assert.Equal(0, (await (await acme.PostAsync("api/instances/orders/actions/execute", """{"sql":"CREATE TABLE t (n INTEGER)"}""")).JsonAsync()).GetProperty("rowsAffected").GetInt32());
        }

        using var again = await HostProgram.StartAsync(_directory);
        using var later = again.With(key);
        await later.ConnectedAsync("orders", "1.1.0");
        Assert.Equal(2, await AskAsync(later, "SELECT 2 AS n"));
    }

    [Fact]
    public async Task Register_DoesNotFitThePackage_TellsWhere()
    {
        using var program = await HostProgram.StartAsync(_directory);
        using var client = program.Client(_directory);

        await RefusedAsync(Body("1.0.0", Action("query"), Action("drop")), "/actions/1/id package.differs");
        await RefusedAsync(Body("1.0.0", Action("query", """{"type":"object","properties":{"sql":{"type":"integer"}},"required":["sql"]}""")), "/actions/0/inputSchema package.differs");
        await RefusedAsync(Body("1.0.0", Action("query", """{"type":"object","propertyNames":true}""")), "/actions/0/inputSchema package.differs");
        await RefusedAsync(Body("1.0.0", Action("query")).Replace("\"package\"", "\"auth\":{\"type\":\"none\"},\"settingsSchema\":{},\"package\"", StringComparison.Ordinal), "/auth package.own", "/settingsSchema package.own");
        await RefusedAsync(Body("1.0.0", Action("query")).Replace("\"package\"", "\"http\":{\"baseUrl\":\"https://a.example\"},\"package\"", StringComparison.Ordinal), "/actions/0/http key.missing", "/http package.exclusive");
        await RefusedAsync(Body("1.0.0", Action("query")).Replace("^1.0", "one", StringComparison.Ordinal), "/package/version version.invalid");
        Assert.Empty((await client.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray());

        // What is not there cannot be looked at: it is said when an instance starts.
        await (await client.PostAsync("api/connectors/register", Body("1.0.0", Action("query")).Replace("sqlite", "absent", StringComparison.Ordinal))).JsonAsync();
        Assert.False(Assert.Single((await client.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray()).GetProperty("bound").GetBoolean());
        await (await client.PutAsync("api/instances/orders", """{"connector":"orders"}""")).JsonAsync();
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error
                && error.GetProperty("code").GetString() == "load.unbound",
            () => "It does not say why it does not start.");

        async Task RefusedAsync(string body, params string[] expected)
        {
            var refused = await (await client.PostAsync("api/connectors/register", body)).ProblemAsync(HttpStatusCode.BadRequest, "manifest.invalid");
            Assert.Equal(
                expected,
                refused.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("pointer").GetString()} {error.GetProperty("code").GetString()}").Distinct().Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Settings and secrets are the package's: nothing is said of them before it is there.</summary>
    [Fact]
    public async Task PackageComesLater_InstanceWithItsSecretsStarts()
    {
        using var program = await HostProgram.StartAsync(_directory.WithDrop());
        using var client = program.Client(_directory);
        await (await client.PostAsync("api/connectors/register", Body("1.0.0", Action("show")).Replace("sqlite", "stubborn", StringComparison.Ordinal))).JsonAsync();
        await (await client.PutAsync("api/instances/orders", """{"connector":"orders","settings":{"password":"s-3cret"}}""")).JsonAsync();
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error
                && error.GetProperty("code").GetString() == "load.unbound",
            () => "It does not say why it does not start.");
        Assert.DoesNotContain("s-3cret", (await client.GetJsonAsync("api/instances/orders")).GetRawText(), StringComparison.Ordinal);

        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");

        await client.ConnectedAsync("orders", "1.0.0");
        Assert.DoesNotContain("s-3cret", (await client.GetJsonAsync("api/instances/orders")).GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<int> AskAsync(HttpClient client, string sql) =>
        (await (await client.PostAsync("api/instances/orders/actions/query", $$"""{"sql":"{{sql}}"}""")).JsonAsync()).GetProperty("rows")[0].GetProperty("n").GetInt32();

    private static string Action(string id, string? inputSchema = null) =>
        $$"""{"id":"{{id}}","name":"{{id}}"{{(inputSchema is null ? "" : $",\"inputSchema\":{inputSchema}")}}}""";

    private static string Body(string version, params string[] actions) =>
        $$"""{"manifest":{"manifestVersion":1,"id":"orders","name":"Orders","version":"{{version}}","package":{"id":"sqlite","version":"^1.0"},"actions":[{{string.Join(',', actions)}}] } }""";
}
