using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

[Collection(RunningHost.Name)]
public sealed class KeyEndpointTests(RunningHost host)
{
    [Fact]
    public async Task Create_Key_IsShownOnceAndWorks()
    {
        var answer = await host.Client.PostAsync("api/orgs/default/keys", """{"name":"ci","scopes":["invoke","read"],"expires":"2100-01-01T01:00:00+01:00"}""");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var made = await answer.JsonAsync();
        var (id, text) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        Assert.Matches("^prk_[A-Za-z0-9_-]{49}$", text);
        using var client = host.Program.With(text);
        var shown = await client.GetJsonAsync("api/key");
        Assert.Equal(
            $$"""{"id":"{{id}}","name":"ci","org":"default","scopes":["read","invoke"],"expires":"2100-01-01T00:00:00+00:00"}""", shown.GetRawText());
        var listed = await host.Client.GetStringAsync(new Uri("api/orgs/default/keys?limit=200", UriKind.Relative));
        Assert.Contains(id, listed, StringComparison.Ordinal);
        Assert.DoesNotContain(text[4..^6], listed + host.Program.Output + host.Program.Error, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(host.Directory.Data, "state.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(text[4..^6], await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Revoke_Key_EndsItAndItsEventStream()
    {
        var (id, text) = await host.Client.KeyAsync("default", "read");
        using var client = host.Program.With(text);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/events");
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        await (await host.Client.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{id}")).JsonAsync();

        await (await client.GetAsync(new Uri("api/key", UriKind.Relative))).ProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid");
        await (await host.Client.PutAsync("api/logging/Made.For.A.Test", """{"level":"Warning"}""")).JsonAsync();
        var told = await stream.Content.ReadAsStringAsync();
        await host.Client.SendAsync(HttpMethod.Delete, "api/logging/Made.For.A.Test");
        Assert.DoesNotContain("Made.For.A.Test", told, StringComparison.Ordinal);
        using var page = await host.Client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"));
        Assert.Contains("Made.For.A.Test", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var again = await host.Client.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{id}");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task OrgAdmin_ActsInItsOrgAlone()
    {
        await (await host.Client.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var admin = host.Program.With((await host.Client.KeyAsync("acme", "org-admin")).Text);
        var (id, text) = await admin.KeyAsync("acme", "read");
        using var reader = host.Program.With(text);

        Assert.Equal("acme", (await reader.GetJsonAsync("api/key")).GetProperty("org").GetString());
        var problem = await (await reader.GetAsync(new Uri("api/orgs/acme/keys", UriKind.Relative))).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        Assert.Contains("'org-admin'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var foreign = await (await admin.MakeKeyAsync("default", "read")).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
        var missing = await (await admin.MakeKeyAsync("nowhere", "read")).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
        Assert.Equal(foreign.GetProperty("detail").GetString()!.Replace("default", "nowhere", StringComparison.Ordinal), missing.GetProperty("detail").GetString());
        await (await host.Client.MakeKeyAsync("nowhere", "read")).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
        await (await host.Client.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{id}")).ProblemAsync(HttpStatusCode.NotFound, "api-key.unknown");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/orgs/acme")).ProblemAsync(HttpStatusCode.Conflict, "org.in-use");

        foreach (var key in (await host.Client.GetJsonAsync("api/orgs/acme/keys")).GetProperty("items").EnumerateArray().ToList())
        {
            await (await host.Client.SendAsync(HttpMethod.Delete, $"api/orgs/acme/keys/{key.GetProperty("id").GetString()}")).JsonAsync();
        }

        await (await host.Client.SendAsync(HttpMethod.Delete, "api/orgs/acme")).JsonAsync();
        await (await host.Client.GetAsync(new Uri("api/orgs/acme", UriKind.Relative))).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
    }

    [Fact]
    public async Task OrgAdmin_OfDefault_HasNothingToDoWithHostAdmins()
    {
        var (above, _) = await host.Client.KeyAsync("default", "host-admin");
        using var admin = host.Program.With((await host.Client.KeyAsync("default", "org-admin")).Text);

        await (await admin.MakeKeyAsync("default", "host-admin")).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        await (await admin.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{above}")).ProblemAsync(HttpStatusCode.NotFound, "api-key.unknown");
        Assert.DoesNotContain(above, await admin.GetStringAsync(new Uri("api/orgs/default/keys?limit=200", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains(above, await host.Client.GetStringAsync(new Uri("api/orgs/default/keys?limit=200", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("{}", "/name /scopes")]
    [InlineData("""{"name":" ","scopes":[]}""", "/name /scopes")]
    [InlineData("""{"name":"x","scopes":["read","write",1]}""", "/scopes/1 /scopes/2")]
    [InlineData("""{"name":"x","scopes":["read"],"expires":"2001-01-01T00:00:00Z"}""", "/expires")]
    [InlineData("""{"name":"x","scopes":["read"],"org":"y"}""", "/org")]
    public async Task Create_Wrong_TellsAllOfIt(string body, string pointers)
    {
        var problem = await (await host.Client.PostAsync("api/orgs/default/keys", body)).ProblemAsync(HttpStatusCode.BadRequest, "api-key.invalid");

        Assert.Equal(pointers, string.Join(' ', problem.Pointers()));
    }

    [Theory]
    [InlineData("Acme")]
    [InlineData("-acme")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a23456789012345678901234567890123")]
    public async Task CreateOrg_WrongName_IsRefused(string name)
    {
        var problem = await (await host.Client.PostAsync("api/orgs", $$"""{"name":"{{name}}"}""")).ProblemAsync(HttpStatusCode.BadRequest, "org.invalid");

        Assert.Equal(["/name"], problem.Pointers());
    }

    [Fact]
    public async Task Default_IsThereAndStays()
    {
        Assert.Contains("default", (await host.Client.GetJsonAsync("api/orgs")).GetProperty("items").EnumerateArray().Select(org => org.GetProperty("name").GetString()));
        await (await host.Client.PostAsync("api/orgs", """{"name":"default"}""")).ProblemAsync(HttpStatusCode.Conflict, "org.exists");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/orgs/default")).ProblemAsync(HttpStatusCode.Conflict, "org.in-use");
    }

    [Fact]
    public async Task Manager_IsNotTrustedAsTheHostIs()
    {
        using var manager = host.Program.With((await host.Client.KeyAsync("default", "manage")).Text);
        const string Path = """{"connector":"sqlite","settings":{"dataSource":"/tmp/elsewhere.db"}}""";

        await (await manager.PutAsync("api/instances/untrusted?dryRun=true", Path)).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        await (await host.Client.PutAsync("api/instances/untrusted?dryRun=true", Path)).JsonAsync();
        await (await manager.PutAsync("api/instances/untrusted?dryRun=true", """{"connector":"sqlite","settings":{"dataSource":"here.db"}}""")).JsonAsync();
        var reference = await (await manager.PutAsync("api/instances/untrusted", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:1"},"credentials":{"type":"bearer","token":"${env:PATH}"}}"""))
            .ProblemAsync(HttpStatusCode.BadRequest, "reference.forbidden");
        Assert.Equal(["/credentials/token"], reference.Pointers());
    }
}
