using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>Two orgs and the host's own, each with an instance called <c>orders</c>: nobody sees, calls or changes another one's.</summary>
public sealed class OrgTests : IAsyncLifetime
{
    private const string Config = """{"connector":"sqlite","settings":{"dataSource":"orders.db"},"pool":{"size":1}}""";
    private const string Count = """{"sql":"SELECT count(*) AS n FROM sqlite_master"}""";

    private readonly HostDirectory _directory = new();
    private HostProgram _program = null!;
    private HttpClient _host = null!;
    private HttpClient _acme = null!;
    private HttpClient _other = null!;

    public async Task InitializeAsync()
    {
        _program = await HostProgram.StartAsync(_directory);
        _host = _program.Client(_directory);
        _acme = await OfAsync("acme");
        _other = await OfAsync("other");
        foreach (var client in (HttpClient[])[_host, _acme])
        {
            await client.ConnectAsync("orders", Config);
        }
    }

    public Task DisposeAsync()
    {
        _host?.Dispose();
        _acme?.Dispose();
        _other?.Dispose();
        _program?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Instances_AreCalledTheSameAndAreNot()
    {
        var mine = await _acme.GetJsonAsync("api/instances");
        Assert.Equal(["orders"], NamesIn(mine));
        Assert.Equal("orders", mine.GetProperty("items")[0].GetProperty("status").GetProperty("name").GetString());
        Assert.Equal(["demo", "orders"], NamesIn(await _host.GetJsonAsync("api/instances")));
        Assert.Empty(NamesIn(await _other.GetJsonAsync("api/instances")));
        Assert.Equal(["orders"], NamesIn(await _acme.GetJsonAsync("api/health")));
        Assert.Empty(NamesIn(await _other.GetJsonAsync("api/health")));

        // Each has a file of its own below the data directory, though both say orders.db.
        await (await _acme.PostAsync("api/instances/orders/actions/execute", """{"sql":"CREATE TABLE t (n INTEGER)"}""")).JsonAsync();
        Assert.Equal(1, Rows(await (await _acme.PostAsync("api/instances/orders/actions/query", Count)).JsonAsync()));
        Assert.Equal(0, Rows(await (await _host.PostAsync("api/instances/orders/actions/query", Count)).JsonAsync()));
        Assert.True(File.Exists(Path.Combine(_directory.Data, "@acme", "sqlite", "orders.db")));
    }

    [Theory]
    [InlineData("GET", "api/instances/orders", null)]
    [InlineData("DELETE", "api/instances/orders", null)]
    [InlineData("PATCH", "api/instances/orders", "{}")]
    [InlineData("POST", "api/instances/orders/connect", null)]
    [InlineData("POST", "api/instances/orders/disconnect", null)]
    [InlineData("POST", "api/instances/orders/reconnect", null)]
    [InlineData("POST", "api/instances/orders/rollback", null)]
    [InlineData("POST", "api/instances/orders/swap", """{"version":"1.0.0"}""")]
    [InlineData("POST", "api/instances/orders/quarantine/clear", null)]
    [InlineData("POST", "api/instances/orders/canary", """{"verdict":"promote"}""")]
    [InlineData("GET", "api/instances/orders/health", null)]
    [InlineData("POST", "api/instances/orders/health/check", null)]
    [InlineData("POST", "api/instances/orders/actions/query", Count)]
    [InlineData("GET", "api/instances/acme%2Forders", null)]
    [InlineData("POST", "api/instances/acme%2Forders/actions/query", Count)]
    public async Task Foreign_IsAsIfItWereNotThere(string method, string path, string? body)
    {
        var foreign = await (await _other.SendAsync(new(method), path, body is null ? null : Http.Json(body))).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
        var missing = await (await _other.SendAsync(new(method), path.Replace("orders", "absent", StringComparison.Ordinal), body is null ? null : Http.Json(body)))
            .ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");

        Assert.Equal(
            foreign.GetProperty("detail").GetString()!.Replace("orders", "absent", StringComparison.Ordinal), missing.GetProperty("detail").GetString());
        Assert.True((await _acme.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("isConnected").GetBoolean());
        Assert.True((await _host.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("isConnected").GetBoolean());
    }

    [Fact]
    public async Task Batch_CallsItsOwnAlone()
    {
        const string Items = """{"items":[{"instance":"orders","action":"query","input":{"sql":"SELECT 1"}},{"instance":"acme/orders","action":"query","input":{"sql":"SELECT 1"}}]}""";

        Assert.Equal(["ok", "failed"], await StatusesAsync(_acme));
        Assert.Equal(["failed", "failed"], await StatusesAsync(_other));
        Assert.Equal(["ok", "failed"], await StatusesAsync(_host));

        async Task<IEnumerable<string?>> StatusesAsync(HttpClient client) =>
            (await (await client.PostAsync("api/batch", Items)).JsonAsync()).GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Operations_AreTheirOrgs()
    {
        var accepted = await _acme.PostAsync("api/instances/orders/reconnect");
        var location = accepted.Headers.Location!.ToString();
        var operation = await _acme.EndOfAsync(accepted);

        Assert.Equal("orders", operation.GetProperty("instance").GetString());
        foreach (var client in (HttpClient[])[_other, _host])
        {
            await (await client.SendAsync(HttpMethod.Get, location)).ProblemAsync(HttpStatusCode.NotFound, "operation.unknown");
        }
    }

    [Fact]
    public async Task All_MeansAllOfTheOrg()
    {
        Assert.Equal(["orders"], NamesIn(await (await _acme.PostAsync("api/instances/reconnect")).JsonAsync()));
        var put = await (await _acme.PostAsync("api/instances/disconnect")).JsonAsync();
        Assert.Equal(["orders"], NamesIn(put));
        Assert.Equal("orders", put.GetProperty("items")[0].GetProperty("status").GetProperty("name").GetString());
        Assert.Empty(NamesIn(await (await _other.PostAsync("api/instances/disconnect")).JsonAsync()));

        Assert.False((await _acme.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("isConnected").GetBoolean());
        Assert.True((await _host.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("isConnected").GetBoolean());
    }

    [Fact]
    public async Task Events_MetricsAndDocument_AreOfTheOrg()
    {
        var mine = await PageAsync(_acme);
        Assert.All(mine, found => Assert.Equal("orders", found.GetProperty("instance").GetString()));
        Assert.NotEmpty(mine);
        Assert.Empty(await PageAsync(_other));
        Assert.DoesNotContain("acme", string.Join(' ', await PageAsync(_host)), StringComparison.Ordinal);

        await (await _acme.PostAsync("api/instances/orders/actions/query", Count)).JsonAsync();
        var (acme, other, all) = (await MetricsAsync(_acme), await MetricsAsync(_other), await MetricsAsync(_host));
        using var reader = _program.With((await _host.KeyAsync("default", "read")).Text);
        Assert.Contains("instance=\"orders\"", acme, StringComparison.Ordinal);
        Assert.DoesNotContain("acme", acme + other + await MetricsAsync(reader), StringComparison.Ordinal);
        Assert.DoesNotContain("demo", acme + other, StringComparison.Ordinal);
        Assert.Contains("instance=\"acme/orders\"", all, StringComparison.Ordinal);

        const string Path = "/api/instances/orders/actions/query";
        Assert.True((await _acme.GetJsonAsync("api/openapi.json")).GetProperty("paths").TryGetProperty(Path, out _));
        Assert.False((await _other.GetJsonAsync("api/openapi.json")).GetProperty("paths").TryGetProperty(Path, out _));
        Assert.DoesNotContain("acme", await _host.GetStringAsync(new Uri("api/openapi.json", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostAdmin_ChoosesAnOrgByHeader()
    {
        using var chosen = _program.Client(_directory);
        chosen.DefaultRequestHeaders.Add("Connector-Org", "acme");
        Assert.Equal(["orders"], NamesIn(await chosen.GetJsonAsync("api/instances")));
        await (await chosen.PutAsync("api/instances/made", """{"connector":"demo"}""")).JsonAsync();
        Assert.Equal(["made", "orders"], NamesIn(await _acme.GetJsonAsync("api/instances")));
        await (await _host.SendAsync(HttpMethod.Delete, "api/orgs/acme")).ProblemAsync(HttpStatusCode.Conflict, "org.in-use");

        using var lost = _program.Client(_directory);
        lost.DefaultRequestHeaders.Add("Connector-Org", "nowhere");
        await (await lost.GetAsync(new Uri("api/instances", UriKind.Relative))).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
        _other.DefaultRequestHeaders.Add("Connector-Org", "acme");
        await (await _other.GetAsync(new Uri("api/instances", UriKind.Relative))).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
    }

    [Fact]
    public async Task Put_OfAnOrg_IsCheckedAndComesBackAfterARestart()
    {
        var dry = await (await _acme.PutAsync("api/instances/second?dryRun=true", """{"connector":"demo"}""")).JsonAsync();
        Assert.Equal("second", dry.GetProperty("name").GetString());
        var made = await _acme.PutAsync("api/instances/second", """{"connector":"demo"}""");
        Assert.Equal("/api/instances/second", made.Headers.Location!.ToString());
        Assert.Equal("second", (await made.JsonAsync()).GetProperty("name").GetString());
        await (await _acme.PutAsync("api/instances/connect", """{"connector":"demo"}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        await (await _acme.PutAsync("api/instances/x", """{"connector":"sqlite","settings":{"dataSource":"../../sqlite/orders.db"}}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        await (await _host.PutAsync("api/instances/x", """{"connector":"sqlite","settings":{"dataSource":"../@acme/sqlite/orders.db"}}""")).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        var deleted = await (await _acme.SendAsync(HttpMethod.Delete, "api/instances/second")).JsonAsync();
        Assert.Equal("second", deleted.GetProperty("name").GetString());

        _program.Terminate();
        Assert.Equal(0, await _program.EndAsync());
        _program = await HostProgram.StartAsync(_directory);
        using var again = _program.With(_acme.DefaultRequestHeaders.Authorization!.Parameter!);
        await again.ConnectedAsync("orders");
        Assert.Equal(["orders"], NamesIn(await again.GetJsonAsync("api/instances")));
    }

    private async Task<HttpClient> OfAsync(string org)
    {
        await (await _host.PostAsync("api/orgs", $$"""{"name":"{{org}}"}""")).JsonAsync();
        return _program.With((await _host.KeyAsync(org, "read", "invoke", "manage")).Text);
    }

    private static async Task<List<JsonElement>> PageAsync(HttpClient client)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"));
        return [.. (await answer.JsonAsync()).GetProperty("items").EnumerateArray()];
    }

    private static Task<string> MetricsAsync(HttpClient client) => client.GetStringAsync(new Uri("api/metrics", UriKind.Relative));

    private static int Rows(JsonElement answer) => answer.GetProperty("rows")[0].GetProperty("n").GetInt32();

    private static IEnumerable<string?> NamesIn(JsonElement list) => list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString());
}
