using System.Net;
using System.Text;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class ActionTests(RunningHost host)
{
    private const string Stubborn = """{"connector":"stubborn","pool":{"size":2},"maxRetries":0}""";

    [Fact]
    public async Task Call_Echo_AnswersItsInputByteForByte()
    {
        await host.Client.ConnectedAsync("fixed");
        const string Input = """{ "a": [1, 2.50, "ä"],  "b": {} }""";

        var response = await host.Client.PostAsync("api/instances/fixed/actions/echo", Input);

        Assert.Equal(Input, await response.Content.ReadAsStringAsync());
        Assert.Equal(Encoding.UTF8.GetByteCount(Input), response.Content.Headers.ContentLength);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Call_EmptyBody_IsAnEmptyObject()
    {
        await host.Client.ConnectedAsync("fixed");

        Assert.Equal("{}", (await (await host.Client.PostAsync("api/instances/fixed/actions/echo")).JsonAsync()).GetRawText());
    }

    [Theory]
    [InlineData("{\"a\":", "application/json", HttpStatusCode.BadRequest, "input.invalid")]
    [InlineData("{\"a\":1,\"a\":2}", "application/json", HttpStatusCode.BadRequest, "input.invalid")]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType, "content-type.unsupported")]
    public async Task Call_BadBody_IsAProblem(string body, string type, HttpStatusCode status, string code) =>
        await (await host.Client.SendAsync(HttpMethod.Post, "api/instances/fixed/actions/echo", Http.Json(body, type))).ProblemAsync(status, code);

    [Fact]
    public async Task Call_Unknown_IsAProblem()
    {
        await host.Client.ConnectedAsync("fixed");

        await (await host.Client.PostAsync("api/instances/none/actions/echo")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
        await (await host.Client.PostAsync("api/instances/fixed/actions/none")).ProblemAsync(HttpStatusCode.NotFound, "action.unknown");
        var problem = await (await host.Client.PostAsync("api/instances/fixed/actions/slow", """{"milliseconds":"long"}"""))
            .ProblemAsync(HttpStatusCode.BadRequest, "input.invalid");
        Assert.Equal(["/milliseconds"], problem.Pointers());
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("0s")]
    [InlineData("-1s")]
    public async Task Call_BadTimeout_IsRefused(string timeout) =>
        await (await host.Client.SendAsync(HttpMethod.Post, "api/instances/fixed/actions/echo", null, ("Connector-Timeout", timeout)))
            .ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");

    [Fact]
    public async Task Call_TooLargeBody_IsRefused()
    {
        using var content = new ByteArrayContent(new byte[(32 * 1024 * 1024) + 1]);

        // The host may close the connection before it has read what it refuses.
        try
        {
            await (await host.Client.SendAsync(HttpMethod.Post, "api/instances/fixed/actions/echo", content, ("Expect", "100-continue")))
                .ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
        }
        catch (HttpRequestException exception)
        {
            Assert.IsType<IOException>(exception.InnerException, exactMatch: false);
        }
    }

    [Fact]
    public async Task Call_PastItsDeadline_EndsWithIt()
    {
        await host.Client.ConnectedAsync("fixed");

        var response = await host.Client.SendAsync(
            HttpMethod.Post, "api/instances/fixed/actions/slow", Http.Json("""{"milliseconds":60000}"""), ("Connector-Timeout", "200ms"));

        await response.ProblemAsync(HttpStatusCode.GatewayTimeout, "deadline.exceeded");
    }

    [Fact]
    public async Task Call_ConnectorBlocksItsThread_IsAnsweredAllTheSame()
    {
        await host.Client.ConnectAsync("blocked", Stubborn);

        var response = await host.Client.SendAsync(
            HttpMethod.Post, "api/instances/blocked/actions/block", Http.Json("""{"milliseconds":30000}"""), ("Connector-Timeout", "100ms"));

        await response.ProblemAsync(HttpStatusCode.GatewayTimeout, "deadline.exceeded");
    }

    [Fact]
    public async Task Call_ClientGoesAway_IsCancelled()
    {
        await host.Client.ConnectAsync("left", """{"connector":"demo","pool":{"size":1},"timeout":"2m","attemptTimeout":"2m"}""");
        using var leaving = new CancellationTokenSource();
        using var input = Http.Json("""{"milliseconds":60000}""");
        var call = host.Client.PostAsync(new Uri("api/instances/left/actions/slow", UriKind.Relative), input, leaving.Token);
        await Poll.UntilAsync(async () => await InUseAsync() == 1, () => "The call has not begun.");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Poll.UntilAsync(async () => await InUseAsync() == 0, () => "The call goes on.");

        async Task<int> InUseAsync() =>
            (await host.Client.GetJsonAsync("api/instances/left")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32();
    }

    [Theory]
    [InlineData("input", HttpStatusCode.UnprocessableEntity, "connector.input")]
    [InlineData("notFound", HttpStatusCode.UnprocessableEntity, "connector.not-found")]
    [InlineData("conflict", HttpStatusCode.Conflict, "connector.conflict")]
    [InlineData("rate", HttpStatusCode.TooManyRequests, "connector.rate")]
    [InlineData("auth", HttpStatusCode.BadGateway, "connector.auth")]
    [InlineData("unavailable", HttpStatusCode.ServiceUnavailable, "connector.unavailable")]
    [InlineData("timeout", HttpStatusCode.GatewayTimeout, "connector.timeout")]
    [InlineData("bug", HttpStatusCode.BadGateway, "connector.bug")]
    public async Task Call_ConnectorFails_AnswersByKind(string kind, HttpStatusCode status, string code)
    {
        await host.Client.ConnectAsync("failing", Stubborn);

        var response = await host.Client.PostAsync("api/instances/failing/actions/fail", $$"""{"kind":"{{kind}}","retryAfterSeconds":7}""");

        var problem = await response.ProblemAsync(status, code);
        Assert.Contains("as told", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        TimeSpan? expected = (int)status is 429 or 503 ? TimeSpan.FromSeconds(7) : null;
        Assert.Equal(expected, response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Sqlite_CreateInsertQuery_Works()
    {
        await host.Client.ConnectAsync("orders", """{"connector":"sqlite","pool":{"size":2},"settings":{"dataSource":"orders.db"}}""");
        const string Actions = "api/instances/orders/actions";
        await (await host.Client.PostAsync($"{Actions}/execute", """{"sql":"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)"}""")).JsonAsync();

        var inserted = await (await host.Client.PostAsync(
            $"{Actions}/execute", """{"sql":"INSERT INTO item (name) VALUES ($name)","parameters":{"name":"bolt"}}""")).JsonAsync();
        var found = await (await host.Client.PostAsync($"{Actions}/query", """{"sql":"SELECT id, name FROM item"}""")).JsonAsync();

        Assert.Equal(1, inserted.GetProperty("rowsAffected").GetInt64());
        Assert.Equal("""[{"id":1,"name":"bolt"}]""", found.GetProperty("rows").GetRawText());
        Assert.True(File.Exists(Path.Combine(host.Directory.Data, "sqlite", "orders.db")));
    }

    [Fact]
    public async Task Health_OneAndAll_CachedAndNow()
    {
        await host.Client.ConnectedAsync("fixed");

        var now = await (await host.Client.PostAsync("api/instances/fixed/health/check")).JsonAsync();
        var cached = await host.Client.GetJsonAsync("api/instances/fixed/health");
        var all = await (await host.Client.PostAsync("api/health/check")).JsonAsync();

        Assert.True(now.GetProperty("healthy").GetBoolean());
        Assert.Equal(["healthy", "status", "responseTimeMs", "error", "lastChecked"], cached.EnumerateObject().Select(property => property.Name));
        Assert.Contains(all.GetProperty("items").EnumerateArray(), item => item.GetProperty("name").GetString() == "fixed" && item.GetProperty("healthy").GetBoolean());
        Assert.True((await host.Client.GetJsonAsync("api/health")).GetProperty("items").GetArrayLength() >= 2);
        await (await host.Client.PostAsync("api/instances/none/health/check")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }
}
