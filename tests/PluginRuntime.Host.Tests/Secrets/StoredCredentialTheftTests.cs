using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>
/// Ways to send a stored credential somewhere else, for whoever may change everything in the org and does not know the secret. Each is refused with a
/// code, and a server that really listens there gets nothing of it.
/// </summary>
public sealed class StoredCredentialTheftTests(TheftHost theft) : IClassFixture<TheftHost>
{
    private const string Kept = """{"$secret":"set"}""";

    private HttpClient Client => theft.Client;

    [Fact]
    public async Task RightHost_GetsIt_AndTheThiefListens()
    {
        await Client.ConnectAsync("right-http", HttpConfig("crm", theft.Right.Url));
        await Client.ConnectAsync("right-bound", """{"connector":"crm","credentials":"crm"}""");
        await Client.ConnectAsync("right-oauth", HttpConfig("crm-oauth", theft.Right.Url));
        await Client.ConnectAsync("right-raw", $$$"""{"connector":"stubborn","host":"127.0.0.1","port":{{{theft.Right.Port}}},"credentials":"crm","pool":{"size":1}}""");
        await CallAsync("right-http", "get", """{"path":"/mine"}""");
        await CallAsync("right-bound", "find", "{}");
        await CallAsync("right-oauth", "get", """{"path":"/tokens"}""");
        var raw = await (await Client.PostAsync("api/instances/right-raw/actions/show", "{}")).JsonAsync();

        Assert.Equal(TheftHost.Secret, raw.GetProperty("value").GetString());
        Assert.Contains(theft.Right.Requests, request => request.Target == "/mine" && request.Values("X-Crm").SequenceEqual([TheftHost.Secret]));
        Assert.Contains(theft.Right.Requests, request => request.Target == "/find" && request.Values("X-Crm").SequenceEqual([TheftHost.Secret]));
        Assert.Contains(theft.Right.Requests, request => request.Target == "/tokens" && request.Values("Authorization").SequenceEqual(["Bearer " + TheftHost.Secret]));

        await Client.ConnectAsync("own", $$$"""{"connector":"http","settings":{"baseUrl":"{{{theft.Thief.Url}}}"},"credentials":{"type":"api_key","apiKey":"known","headerName":"X-Crm"}}""");
        await CallAsync("own", "get", """{"path":"/own"}""");
        Assert.Contains(theft.Thief.Requests, request => request.Target == "/own" && request.Values("X-Crm").SequenceEqual(["known"]));
        Assert.Equal(0, theft.Stolen);
    }

    [Theory]
    [InlineData("another connector", """{"connector":"demo","credentials":"crm"}""", "/credentials", "credentials.connector")]
    [InlineData("another host", """{"connector":"stubborn","host":"thief.example","credentials":"crm"}""", "/host", "credentials.destination")]
    [InlineData("another port", """{"connector":"stubborn","host":"127.0.0.1","port":THIEF,"credentials":"crm"}""", "/port", "credentials.destination")]
    [InlineData("a list of hosts", """{"connector":"stubborn","host":"127.0.0.1,thief.example","port":RIGHT,"credentials":"crm"}""", "/host", "credentials.destination")]
    [InlineData("a host with a user", """{"connector":"stubborn","host":"127.0.0.1@thief.example","port":RIGHT,"credentials":"crm"}""", "/host", "credentials.destination")]
    [InlineData("another base URL", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("beside the right host", """{"connector":"http","host":"127.0.0.1","port":RIGHT,"settings":{"baseUrl":"http://127.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("an address as one number", """{"connector":"http","settings":{"baseUrl":"http://2130706433:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("an address in octal", """{"connector":"http","settings":{"baseUrl":"http://0177.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("an address in IPv6", """{"connector":"http","settings":{"baseUrl":"http://[::ffff:127.0.0.1]:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("a name of the address", """{"connector":"http","settings":{"baseUrl":"http://LOCALHOST.:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("a name that looks like it", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1.thief.example:RIGHT"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("full-width digits", """{"connector":"http","settings":{"baseUrl":"http://１２７.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "credentials.destination")]
    [InlineData("a base URL with a user", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:RIGHT@127.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "schema.pattern")]
    [InlineData("a backslash", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:RIGHT\\@127.0.0.1:THIEF"},"credentials":"crm"}""", "/settings/baseUrl", "schema.pattern")]
    [InlineData("a placeholder inline", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:THIEF"},"credentials":{"type":"api_key","apiKey":{"$secret":"set"},"headerName":"X-Crm"}}""", "/credentials/apiKey", "secret.required")]
    public async Task Instance_ThatLeadsElsewhere_IsRefusedInEveryWay(string way, string config, string pointer, string code)
    {
        config = config.Replace("THIEF", $"{theft.Thief.Port}", StringComparison.Ordinal).Replace("RIGHT", $"{theft.Right.Port}", StringComparison.Ordinal);
        var name = "way-" + string.Concat(way.Where(char.IsAsciiLetter));
        await Client.ConnectAsync("patched-" + name, HttpConfig("crm", theft.Right.Url));

        Assert.Contains((pointer, code), await RefusedAsync(await Client.PutAsync($"api/instances/{name}", config)));
        Assert.Contains((pointer, code), await RefusedAsync(await Client.PutAsync($"api/instances/{name}?dryRun=true", config)));
        Assert.Contains((pointer, code), Errors(await (await Client.PostAsync($"api/instances/{name}/validate?connect=true", config)).JsonAsync()));
        Assert.Contains((pointer, code), await RefusedAsync(await Client.PutAsync($"api/instances/patched-{name}", config)));
        Assert.Contains((pointer, code), await RefusedAsync(await Client.SendAsync(HttpMethod.Patch, $"api/instances/patched-{name}", Http.Json(config))));
        Assert.Equal(0, theft.Stolen);
    }

    [Fact]
    public async Task Credential_ThatServesMore_NeedsTheSecretAgain()
    {
        const string Path = "api/credentials/crm";
        (string Body, string Pointer, string Code)[] ways =
        [
            (theft.Stored(Kept, hosts: $"[\"{theft.RightHost}\",\"{theft.ThiefHost}\"]"), "/apiKey", "secret.required"),
            (theft.Stored(Kept, hosts: "[\"127.0.0.1\"]"), "/apiKey", "secret.required"),
            (theft.Stored(Kept, hosts: "[\"2130706433\"]"), "/hosts/0", "value.invalid"),
            (theft.Stored(Kept, connectors: """["http","crm","crm-evil","stubborn","demo"]"""), "/apiKey", "secret.required"),
            (theft.Stored(Kept, hosts: "[]"), "/hosts", "value.invalid"),
            (theft.Stored(Kept, hosts: "[\"*\"]"), "/hosts/0", "value.invalid"),
            (theft.Stored("\"${env:PATH}\"", hosts: $"[\"{theft.ThiefHost}\"]"), "/apiKey", "reference.forbidden"),
            ($$$"""{"type":"bearer","token":{{{Kept}}},"apiKey":{{{Kept}}},"connectors":["http"],"hosts":["{{{theft.ThiefHost}}}"]}""", "/token", "secret.required"),
        ];
        foreach (var (body, pointer, code) in ways)
        {
            foreach (var path in new[] { Path, Path + "?dryRun=true" })
            {
                var problem = await (await Client.PutAsync(path, body)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
                Assert.Contains((pointer, code), Errors(problem));
            }
        }

        foreach (var url in new[] { $"http://{theft.ThiefHost}/token", $"http://localhost:{theft.Right.Port}/token" })
        {
            var kept = await (await Client.PutAsync("api/credentials/crm-oauth", theft.OAuth(url, Kept))).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
            Assert.Contains(("/clientSecret", "secret.required"), Errors(kept));
            var given = await (await Client.PutAsync("api/credentials/crm-oauth", theft.OAuth(url, "\"x\""))).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
            Assert.Contains(("/tokenUrl", "credentials.destination"), Errors(given));
        }

        // What another one has under another name is not kept either.
        Assert.Contains(("/apiKey", "secret.required"), Errors(await (await Client.PutAsync("api/credentials/copy", theft.Stored(Kept))).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid")));
        Assert.DoesNotContain(TheftHost.Secret, await (await Client.SendAsync(HttpMethod.Get, Path)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, theft.Stolen);
    }

    [Fact]
    public async Task Answer_ThatLeadsElsewhere_IsNotFollowed()
    {
        await Client.ConnectAsync("led", """{"connector":"crm","credentials":"crm"}""");
        foreach (var action in new[] { "away", "pages" })
        {
            await (await Client.PostAsync($"api/instances/led/actions/{action}", "{}")).ProblemAsync(HttpStatusCode.BadGateway, "connector.bug");
        }

        Assert.Contains(theft.Right.Requests, request => request.Target == "/pages" && request.Values("X-Crm").Count == 1);
        Assert.Equal(0, theft.Stolen);
    }

    [Fact]
    public async Task Call_ThatLeadsElsewhere_IsRefused()
    {
        await Client.ConnectAsync("called", HttpConfig("crm", theft.Right.Url));
        string[] inputs =
        [
            $$$"""{"path":"/","headers":{"Host":"{{{theft.ThiefHost}}}"}}""",
            $$$"""{"path":"/","headers":{"Proxy-Connection":"x"}}""",
            $$$"""{"path":"//{{{theft.ThiefHost}}}/"}""",
            $$$"""{"path":"/\\{{{theft.ThiefHost}}}/"}""",
            $$$"""{"path":"@{{{theft.ThiefHost}}}/"}""",
            $$$"""{"path":"{{{theft.Thief.Url}}}/"}""",
            """{"path":"/","headers":{"X-Crm":"mine"}}""",
        ];
        foreach (var input in inputs)
        {
            await (await Client.PostAsync("api/instances/called/actions/get", input)).ProblemAsync(HttpStatusCode.UnprocessableEntity, "connector.input");
        }

        var items = inputs.Select(input => $$$"""{"instance":"called","action":"get","input":{{{input}}}}""");
        var batch = await (await Client.PostAsync("api/batch", $"{{\"items\":[{string.Join(',', items)}]}}")).JsonAsync();
        Assert.All(batch.GetProperty("results").EnumerateArray(), result => Assert.Equal("connector.input", result.GetProperty("problem").GetProperty("code").GetString()));
        Assert.Equal(0, theft.Stolen);
    }

    [Fact]
    public async Task RegisteredManifest_ThatLeadsElsewhere_GetsNoCredential()
    {
        await Client.ConnectAsync("bound", """{"connector":"crm","credentials":"crm"}""");
        await (await Client.PostAsync("api/connectors/register", TheftHost.Manifest("crm-evil", "1.0.0", theft.Thief.Url))).JsonAsync();
        Assert.Contains(("/connector", "credentials.destination"), await RefusedAsync(await Client.PutAsync("api/instances/evil", """{"connector":"crm-evil","credentials":"crm"}""")));

        await (await Client.PutAsync("api/connectors/crm", TheftHost.Manifest("crm", "1.1.0", theft.Thief.Url))).JsonAsync();
        await Poll.UntilAsync(
            async () => (await Client.GetJsonAsync("api/instances/bound")).GetProperty("status").GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error
                && Errors(error).Contains(("/connector", "credentials.destination")),
            () => "1.1.0 is not refused.");
        await CallAsync("bound", "find", "{}");
        var operation = await Client.EndOfAsync(await Client.PostAsync("api/instances/bound/swap", """{"version":"1.1.0"}"""));
        Assert.Equal(("failed", "swap.not-chosen"), (operation.GetProperty("status").GetString(), operation.GetProperty("code").GetString()));
        Assert.Contains(("/connector", "credentials.destination"), await RefusedAsync(await Client.SendAsync(HttpMethod.Patch, "api/instances/bound", Http.Json("""{"version":"1.1.0"}"""))));
        await Client.ConnectedAsync("bound", "1.0.0");
        Assert.Equal(0, theft.Stolen);
    }

    [Fact]
    public async Task RawSecret_WhereNothingShowsTheHost_IsNotGiven()
    {
        foreach (var host in new[] { "", "\"host\":\"127.0.0.1\"," })
        {
            await Client.ConnectAsync("raw", $$$"""{"connector":"stubborn",{{{host}}}"credentials":"crm","pool":{"size":1}}""");
            var problem = await (await Client.PostAsync("api/instances/raw/actions/show", "{}")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "connector.input");
            Assert.Contains("is bound to its hosts", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OtherOrg_HasNoSuchCredential()
    {
        await (await theft.Admin.PostAsync("api/orgs", """{"name":"other"}""")).JsonAsync();
        using var other = theft.Program.With((await theft.Admin.KeyAsync("other", "read", "manage")).Text);

        Assert.Contains(("/credentials", "credentials.unknown"), await RefusedAsync(await other.PutAsync("api/instances/mine", HttpConfig("crm", theft.Right.Url))));
        Assert.Contains(("/credentials", "value.invalid"), await RefusedAsync(await other.PutAsync("api/instances/mine", HttpConfig("default/crm", theft.Right.Url))));
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            await (await other.SendAsync(method, "api/credentials/crm")).ProblemAsync(HttpStatusCode.NotFound, "credential.unknown");
        }

        Assert.Empty((await other.GetJsonAsync("api/credentials")).GetProperty("items").EnumerateArray());
    }

    private static string HttpConfig(string credential, string url) => $$$"""{"connector":"http","settings":{"baseUrl":"{{{url}}}"},"credentials":"{{{credential}}}","pool":{"size":2}}""";

    private async Task CallAsync(string instance, string action, string input) => await (await Client.PostAsync($"api/instances/{instance}/actions/{action}", input)).JsonAsync();

    private static async Task<List<(string? Pointer, string? Code)>> RefusedAsync(HttpResponseMessage answer) =>
        Errors(await answer.ProblemAsync(HttpStatusCode.BadRequest, "config.invalid"));

    private static List<(string? Pointer, string? Code)> Errors(JsonElement holder) =>
        [.. holder.GetProperty("errors").EnumerateArray().Select(error => (error.GetProperty("pointer").GetString(), error.GetProperty("code").GetString()))];
}
