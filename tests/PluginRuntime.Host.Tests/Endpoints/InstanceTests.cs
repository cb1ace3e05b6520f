using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class InstanceTests(RunningHost host)
{
    private const string Demo = """{"connector":"demo","pool":{"size":1}}""";

    [Fact]
    public async Task Put_New_CreatesAndThenReplaces()
    {
        var created = await host.Client.PutAsync("api/instances/put-new", Demo);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("/api/instances/put-new", created.Headers.Location?.ToString());
        Assert.Equal("\"1\"", created.Headers.ETag?.Tag);

        var same = await host.Client.PutAsync("api/instances/put-new", Demo);
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        Assert.Equal("\"1\"", same.Headers.ETag?.Tag);

        var replaced = await host.Client.PutAsync("api/instances/put-new", """{"connector":"demo","pool":{"size":2}}""");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.Equal("\"2\"", replaced.Headers.ETag?.Tag);

        var read = await host.Client.GetJsonAsync("api/instances/put-new");
        Assert.Equal(2, read.GetProperty("revision").GetInt64());
        Assert.Equal(2, read.GetProperty("config").GetProperty("pool").GetProperty("size").GetInt32());
        Assert.Equal("demo", read.GetProperty("status").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Put_WithConditions_HoldsThem()
    {
        const string Path = "api/instances/conditions";
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-Match", "\"1\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-None-Match", "*"))).JsonAsync();
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-None-Match", "*"))).ProblemAsync(HttpStatusCode.PreconditionFailed, "instance.exists");
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-Match", "\"7\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-Match", "W/\"1\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await host.Client.SendAsync(HttpMethod.Put, Path, Http.Json(Demo), ("If-Match", "one"))).ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");
        await (await host.Client.SendAsync(HttpMethod.Patch, Path, Http.Json("""{"timeout":"5s"}"""), ("If-Match", "\"7\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");
        await (await host.Client.SendAsync(HttpMethod.Delete, Path, null, ("If-Match", "\"7\""))).ProblemAsync(HttpStatusCode.PreconditionFailed, "revision.mismatch");

        var changed = await host.Client.SendAsync(HttpMethod.Patch, Path, Http.Json("""{"timeout":"5s"}"""), ("If-Match", "\"0\", \"1\""));
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
        await (await host.Client.SendAsync(HttpMethod.Delete, Path, null, ("If-Match", "*"))).JsonAsync();
    }

    [Fact]
    public async Task Put_ManyErrors_TellsAllOfThemAtOnce()
    {
        var response = await host.Client.PutAsync(
            "api/instances/errors",
            """
            {"connector":"sqlite","version":"^9","timeout":"soon","frob":1,
             "pool":{"size":"ten"},
             "retry":{"maxRetries":2},"retries":1,"settings":{"dataSource":7,"colour":"red"}}
            """);

        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal(
            ["/frob", "/pool/size", "/retries", "/settings/colour", "/settings/dataSource", "/timeout", "/version"], problem.Pointers());
        await (await host.Client.SendAsync(HttpMethod.Get, "api/instances/errors")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("a%20b")]
    [InlineData("..%2Fx")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Put_BadName_IsRefused(string name)
    {
        var problem = await (await host.Client.PutAsync($"api/instances/{name}", Demo)).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");

        Assert.Contains(problem.GetProperty("errors").EnumerateArray(), error => error.GetProperty("code").GetString() == "name.invalid");
    }

    [Theory]
    [InlineData("""{"connector":"demo","connector":"demo"}""", "application/json", HttpStatusCode.BadRequest, "json.invalid")]
    [InlineData("""{"connector":""", "application/json", HttpStatusCode.BadRequest, "json.invalid")]
    [InlineData("", "application/json", HttpStatusCode.BadRequest, "json.invalid")]
    [InlineData("[]", "application/json", HttpStatusCode.BadRequest, "config.invalid")]
    [InlineData("null", "application/json", HttpStatusCode.BadRequest, "config.invalid")]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType, "content-type.unsupported")]
    [InlineData("{}", "application/merge-patch+json", HttpStatusCode.UnsupportedMediaType, "content-type.unsupported")]
    public async Task Put_BadBody_IsAProblem(string body, string type, HttpStatusCode status, string code) =>
        await (await host.Client.SendAsync(HttpMethod.Put, "api/instances/bad-body", Http.Json(body, type))).ProblemAsync(status, code);

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task Change_WithReferences_IsRefusedWithPointers(string method)
    {
        await host.Client.PutAsync("api/instances/references", Demo);

        var response = await host.Client.SendAsync(
            new HttpMethod(method),
            "api/instances/references",
            Http.Json("""{"connector":"demo","host":"x${env:HOME}","settings":{"a":["${file:/etc/passwd}"]}}"""));

        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "reference.forbidden");
        Assert.Equal(["/host", "/settings/a/0"], problem.Pointers());
    }

    [Fact]
    public async Task Change_DryRun_ChangesNothing()
    {
        var plan = await (await host.Client.PutAsync("api/instances/dry?dryRun=true", Demo)).JsonAsync();
        Assert.Equal("create", plan.GetProperty("change").GetString());
        await (await host.Client.SendAsync(HttpMethod.Get, "api/instances/dry")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");

        await host.Client.PutAsync("api/instances/dry", Demo);
        plan = await (await host.Client.PutAsync("api/instances/dry?dryRun=true", """{"connector":"demo"}""")).JsonAsync();
        Assert.Equal("update", plan.GetProperty("change").GetString());
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/instances/dry?dryRun=true")).JsonAsync();
        Assert.Equal(1, (await host.Client.GetJsonAsync("api/instances/dry")).GetProperty("revision").GetInt64());
        await (await host.Client.PutAsync("api/instances/dry?dry-run=true", Demo)).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        await (await host.Client.PutAsync("api/instances/dry?dryRun=maybe", Demo)).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    [Fact]
    public async Task Patch_MergesAndNullRemoves()
    {
        await host.Client.PutAsync("api/instances/patched", """{"connector":"demo","timeout":"3s","pool":{"size":1,"min":0}}""");

        var changed = await (await host.Client.SendAsync(
            HttpMethod.Patch, "api/instances/patched", Http.Json("""{"timeout":null,"pool":{"size":2}}""", "application/merge-patch+json"))).JsonAsync();

        Assert.Equal("""{"connector":"demo","pool":{"min":0,"size":2}}""", changed.GetProperty("config").GetRawText());
        await (await host.Client.SendAsync(HttpMethod.Patch, "api/instances/patched", Http.Json("[]"))).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        await (await host.Client.SendAsync(HttpMethod.Patch, "api/instances/none", Http.Json("{}"))).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Fact]
    public async Task Show_Secrets_AreHiddenAndKept()
    {
        const string Secret = "hunter2-hunter2";
        var created = await host.Client.PutAsync(
            "api/instances/secret", $$$"""{"connector":"stubborn","pool":{"size":1},"settings":{"region":"north","password":"{{{Secret}}}"}}""");
        Assert.DoesNotContain(Secret, await created.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var settings = (await host.Client.GetJsonAsync("api/instances/secret")).GetProperty("config").GetProperty("settings");
        Assert.Equal("north", settings.GetProperty("region").GetString());
        Assert.Equal("""{"$secret":"set"}""", settings.GetProperty("password").GetRawText());

        // What was shown may be sent back: the secret stays, so nothing has changed.
        var back = await host.Client.PutAsync(
            "api/instances/secret", """{"connector":"stubborn","pool":{"size":1},"settings":{"region":"north","password":{"$secret":"set"}}}""");
        Assert.Equal("\"1\"", back.Headers.ETag?.Tag);
        var patched = await host.Client.SendAsync(
            HttpMethod.Patch, "api/instances/secret", Http.Json("""{"settings":{"region":"south","password":{"$secret":"set"}}}"""));
        Assert.Equal("south", (await patched.JsonAsync()).GetProperty("config").GetProperty("settings").GetProperty("region").GetString());

        var list = await host.Client.GetStringAsync(new Uri("api/instances", UriKind.Relative));
        Assert.DoesNotContain(Secret, list + host.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_FileWithUnknownKeys_TellsThemWithoutTheirValues()
    {
        await Poll.UntilAsync(
            async () => (await host.Client.GetJsonAsync("api/instances/misspelt")).GetProperty("status").GetProperty("state").GetString() == "error",
            () => "It is not in error.");

        var shown = await host.Client.GetJsonAsync("api/instances/misspelt");

        Assert.Equal(["/passwrod", "/pool/sise"], shown.GetProperty("status").GetProperty("lastError").Pointers());
        Assert.Equal("""{"connector":"demo","passwrod":{"$secret":"set"},"pool":{"sise":{"$secret":"set"}}}""", shown.GetProperty("config").GetRawText());
        Assert.DoesNotContain("open-sesame", shown.GetRawText() + host.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_Removes()
    {
        await host.Client.ConnectAsync("deleted", Demo);

        var answer = await (await host.Client.SendAsync(HttpMethod.Delete, "api/instances/deleted")).JsonAsync();

        Assert.Equal("deleted", answer.GetProperty("name").GetString());
        await (await host.Client.SendAsync(HttpMethod.Get, "api/instances/deleted")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/instances/deleted")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Fact]
    public async Task Change_DefinedByFile_IsRefused()
    {
        await (await host.Client.PutAsync("api/instances/fixed", Demo)).ProblemAsync(HttpStatusCode.Conflict, "instance.read-only");
        await (await host.Client.SendAsync(HttpMethod.Patch, "api/instances/fixed", Http.Json("{}"))).ProblemAsync(HttpStatusCode.Conflict, "instance.read-only");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/instances/fixed")).ProblemAsync(HttpStatusCode.Conflict, "instance.read-only");
        await (await host.Client.PostAsync("api/instances/fixed/disconnect")).ProblemAsync(HttpStatusCode.Conflict, "instance.read-only");
    }

    [Fact]
    public async Task Validate_TellsErrorsAndChangesNothing()
    {
        var bad = await (await host.Client.PostAsync(
            "api/instances/validated/validate", """{"connector":"sqlite","host":"${env:A}","settings":{}}""")).JsonAsync();
        Assert.False(bad.GetProperty("valid").GetBoolean());
        Assert.Equal(["/host", "/settings/dataSource"], bad.Pointers());

        var good = await (await host.Client.PostAsync("api/instances/validated/validate", Demo)).JsonAsync();
        Assert.True(good.GetProperty("valid").GetBoolean());
        Assert.Empty(good.Pointers());
        await (await host.Client.SendAsync(HttpMethod.Get, "api/instances/validated")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Fact]
    public async Task DisconnectAndConnect_PersistAndAnswerTheStatus()
    {
        await host.Client.ConnectAsync("switched", Demo);

        var off = await (await host.Client.PostAsync("api/instances/switched/disconnect")).JsonAsync();
        Assert.False(off.GetProperty("isConnected").GetBoolean());
        Assert.Equal("disconnected", off.GetProperty("state").GetString());
        Assert.False((await host.Client.GetJsonAsync("api/instances/switched")).GetProperty("config").GetProperty("enabled").GetBoolean());
        var call = await host.Client.PostAsync("api/instances/switched/actions/echo");
        var problem = await call.ProblemAsync(HttpStatusCode.ServiceUnavailable, "instance.unavailable");
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.True(call.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));

        var on = await (await host.Client.PostAsync("api/instances/switched/connect")).JsonAsync();
        Assert.True(on.GetProperty("isConnected").GetBoolean());
        await (await host.Client.PostAsync("api/instances/none/connect")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Fact]
    public async Task Change_ByManyAtOnce_LosesNone()
    {
        await host.Client.PutAsync("api/instances/many", """{"connector":"demo","enabled":false}""");
        string[] keys = ["timeout", "attemptTimeout"];

        var answers = await Task.WhenAll(keys.Select(key =>
            host.Client.SendAsync(HttpMethod.Patch, "api/instances/many", Http.Json($$"""{"{{key}}":"7s"}"""))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var config = (await host.Client.GetJsonAsync("api/instances/many")).GetProperty("config");
        Assert.All(keys, key => Assert.Equal("7s", config.GetProperty(key).GetString()));
    }
}
