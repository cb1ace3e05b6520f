using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class SecretTests(RunningHost host)
{
    private const string Config =
        """{"connector":"stubborn","pool":{"size":1},"host":"a.example","settings":{"password":"hunter2"},"credentials":{"type":"basic","username":"u","password":"hunter3"}}""";

    [Fact]
    public async Task Change_PlaceIsAnother_AsksForTheSecretsAgain()
    {
        const string Path = "api/instances/kept-secrets";
        await host.Client.ConnectAsync("kept-secrets", Config);
        var shown = (await host.Client.GetJsonAsync(Path)).GetProperty("config").GetRawText();
        Assert.DoesNotContain("hunter", shown, StringComparison.Ordinal);

        var put = await (await host.Client.PutAsync(Path, shown.Replace("a.example", "evil.example", StringComparison.Ordinal)))
            .ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal(["/credentials/password", "/settings/password"], put.Pointers());
        Assert.All(put.GetProperty("errors").EnumerateArray(), error => Assert.Equal("secret.required", error.GetProperty("code").GetString()));
        foreach (var patch in new[] { """{"host":"evil.example"}""", """{"port":1}""", """{"host":"evil.example","settings":{"password":{"$secret":"set"}}}""" })
        {
            var refused = await (await host.Client.SendAsync(HttpMethod.Patch, Path, Http.Json(patch))).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
            Assert.Equal(["/credentials/password", "/settings/password"], refused.Pointers());
        }

        var validated = await (await host.Client.PostAsync(Path + "/validate", shown.Replace("a.example", "evil.example", StringComparison.Ordinal))).JsonAsync();
        Assert.Equal(["/credentials/password", "/settings/password"], validated.Pointers());

        await (await host.Client.SendAsync(HttpMethod.Patch, Path, Http.Json("""{"timeout":"7s"}"""))).JsonAsync();
        await (await host.Client.PutAsync(Path, shown)).JsonAsync();
        await (await host.Client.SendAsync(
            HttpMethod.Patch, Path, Http.Json("""{"host":"b.example","settings":{"password":"hunter4"},"credentials":{"password":"hunter5"}}"""))).JsonAsync();
    }

    [Theory]
    [InlineData("""{"settings":{"baseUrl":"https://evil.example"}}""", "/credentials/token")]
    [InlineData("""{"settings":{"baseUrl":"http://a.example"}}""", "/credentials/token")]
    [InlineData("""{"settings":{"headers":{"X-Forwarded-Host":"evil.example"}}}""", "/credentials/token")]
    [InlineData("""{"host":"evil.example"}""", "/credentials/token")]
    [InlineData("""{"port":8443}""", "/credentials/token")]
    [InlineData("""{"connector":"stubborn","settings":null}""", "/credentials/token")]
    [InlineData("""{"connector":null,"type":"stubborn","settings":null}""", "/credentials/token")]
    public async Task Change_BesideAnInlineSecret_AsksForItAgain(string patch, string pointer)
    {
        const string Path = "api/instances/inline-secret";
        await (await host.Client.PutAsync(
            Path, """{"connector":"http","enabled":false,"settings":{"baseUrl":"https://a.example"},"credentials":{"type":"bearer","token":"hunter6"}}""")).JsonAsync();

        foreach (var query in new[] { "", "?dryRun=true" })
        {
            var refused = await (await host.Client.SendAsync(HttpMethod.Patch, Path + query, Http.Json(patch))).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
            Assert.Contains(refused.GetProperty("errors").EnumerateArray(), error => error.GetProperty("pointer").GetString() == pointer && error.GetProperty("code").GetString() == "secret.required");
        }
    }
}
