using System.Text.Json;
using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Tests.Management;
using Reply = PluginRuntime.Tests.Plugins.Http.HttpServer.Reply;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>The connector as a runtime uses it: what is tried again, and what an API may put into its configuration.</summary>
public sealed class HttpCallTests
{
    [Theory]
    [InlineData("get", 503, 2)]
    [InlineData("get", 429, 2)]
    [InlineData("get", 504, 2)]
    [InlineData("get", 404, 1)]
    [InlineData("request", 503, 1)]
    [InlineData("request", 504, 1)]
    [InlineData("request", 429, 2)]
    [InlineData("request", 422, 1)]
    public async Task Call_FirstAnswerIsAnError_IsTriedAgainWhereThatIsSafe(string action, int status, int requests)
    {
        await using var server = new HttpServer();
        server.Answer = _ => server.Requests.Count == 1 ? Reply.Of(status, "", "Retry-After: 0") : Reply.Of(200);
        await using var test = await StartAsync(server.Url);

        var failure = await Record.ExceptionAsync(() => CallAsync(test, action));

        Assert.Equal(requests, server.Requests.Count);
        Assert.Equal(requests == 1, failure is ConnectorFailedException);
    }

    [Theory]
    [InlineData("get", 2)]
    [InlineData("request", 1)]
    public async Task Call_AnswerBreaksOff_IsTriedAgainWhereThatIsSafe(string action, int requests)
    {
        await using var server = new HttpServer();
        server.Answer = _ => server.Requests.Count == 1 ? Reply.Raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") : Reply.Of(200);
        await using var test = await StartAsync(server.Url);

        await Record.ExceptionAsync(() => CallAsync(test, action));

        Assert.Equal(requests, server.Requests.Count);
    }

    [Theory]
    [InlineData("""{"baseUrl":"URL/${env:HTTP_TEST_SECRET}"}""")]
    [InlineData("""{"baseUrl":"http://${env:HTTP_TEST_SECRET}"}""")]
    [InlineData("""{"baseUrl":"URL/${file:/proc/self/environ}"}""")]
    [InlineData("""{"baseUrl":"${file:/etc/passwd}"}""")]
    [InlineData("""{"baseUrl":"file:///etc/passwd"}""")]
    [InlineData("""{"baseUrl":"unix:///run/docker.sock"}""")]
    [InlineData("""{"baseUrl":"URL","headers":{"X-A":"${env:HTTP_TEST_SECRET}"}}""")]
    [InlineData("""{"baseUrl":"URL","headers":{"X-A":"x ${file:/etc/passwd}"}}""")]
    [InlineData("""{"baseUrl":"URL","headers":{"${env:HTTP_TEST_SECRET}":"x"}}""")]
    [InlineData("""{"baseUrl":"URL","healthPath":"/${env:HTTP_TEST_SECRET}"}""")]
    [InlineData("""{"baseUrl":"URL","healthPath":"file:///etc/passwd"}""")]
    [InlineData("""{"baseUrl":"URL","healthPath":"/../../etc/passwd"}""")]
    public async Task Put_ReferenceInTheSettings_BringsNoValueOut(string settings)
    {
        Environment.SetEnvironmentVariable("HTTP_TEST_SECRET", "open-sesame");
        await using var server = new HttpServer();
        await using var test = await StartAsync(server.Url);

        var failure = await Record.ExceptionAsync(async () =>
        {
            var config = $$"""{"connector":"http","settings":{{settings.Replace("URL", server.Url, StringComparison.Ordinal)}}}""";
            await test.Runtime.Editor.PutAsync(
                "new", JsonElement.Parse(config), null, mustBeNew: false, isTrusted: false, dryRun: false, CancellationToken.None);
            await test.CallAsync("get", """{"path":""}""", "new", new() { Timeout = TimeSpan.FromSeconds(1) });
        });

        Assert.NotNull(failure);
        var everything = $"{failure} {JsonSerializer.Serialize((failure as ConfigInvalidException)?.Errors)} {string.Concat(server.Requests)} {test.Log}";
        Assert.DoesNotContain("open-sesame", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", everything, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static async Task<RuntimeUnderTest> StartAsync(string baseUrl)
    {
        var test = RuntimeUnderTest.Create();
        FixturePackages.Drop(FixturePackages.BuiltPlugin("Http"), test.DropFolder, "http", null);
        await test.StartAsync(options => options.Instances["api"] =
            $$"""{"connector":"http","settings":{"baseUrl":"{{baseUrl}}"},"pool":{"size":2,"min":1},"retry":{"baseDelay":"1ms","maxDelay":"2ms"} }""");
        await test.UntilAsync(status => status.State == ConnectionState.Connected, "api");
        return test;
    }

    private static Task<JsonElement> CallAsync(RuntimeUnderTest test, string action) =>
        test.CallAsync(action, action == "get" ? """{"path":"/x"}""" : """{"method":"POST","path":"/x"}""", "api");
}
