using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpStatusTests
{
    [Theory]
    [InlineData(400, ConnectorErrorKind.Input, true)]
    [InlineData(401, ConnectorErrorKind.Auth, false)]
    [InlineData(402, ConnectorErrorKind.Input, true)]
    [InlineData(403, ConnectorErrorKind.Auth, true)]
    [InlineData(404, ConnectorErrorKind.NotFound, true)]
    [InlineData(405, ConnectorErrorKind.Input, true)]
    [InlineData(407, ConnectorErrorKind.Auth, true)]
    [InlineData(408, ConnectorErrorKind.Timeout, true)]
    [InlineData(409, ConnectorErrorKind.Conflict, true)]
    [InlineData(410, ConnectorErrorKind.NotFound, true)]
    [InlineData(412, ConnectorErrorKind.Conflict, true)]
    [InlineData(413, ConnectorErrorKind.Input, true)]
    [InlineData(415, ConnectorErrorKind.Input, true)]
    [InlineData(422, ConnectorErrorKind.Input, true)]
    [InlineData(423, ConnectorErrorKind.Conflict, true)]
    [InlineData(429, ConnectorErrorKind.Rate, false)]
    [InlineData(499, ConnectorErrorKind.Input, true)]
    [InlineData(500, ConnectorErrorKind.Unavailable, true)]
    [InlineData(501, ConnectorErrorKind.Input, true)]
    [InlineData(502, ConnectorErrorKind.Unavailable, true)]
    [InlineData(503, ConnectorErrorKind.Unavailable, true)]
    [InlineData(504, ConnectorErrorKind.Timeout, true)]
    [InlineData(505, ConnectorErrorKind.Input, true)]
    [InlineData(507, ConnectorErrorKind.Unavailable, true)]
    [InlineData(599, ConnectorErrorKind.Unavailable, true)]
    public async Task Request_StatusFrom400On_IsAnErrorOfItsKind(int status, ConnectorErrorKind kind, bool wasSent)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status, "the key sesame is wrong"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "POST", path = "/secret-path" });

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(wasSent, failure.WasSent);
        Assert.Equal($"The server answered {status}.", failure.Message);
        Assert.Null(failure.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(429, "7", 7.0)]
    [InlineData(503, "0", 0.0)]
    [InlineData(503, "120", 120.0)]
    [InlineData(503, "2000000000", 86_400.0)]
    [InlineData(429, "Mon, 01 Jan 2035 00:01:30 GMT", 90.0)]
    [InlineData(429, "Mon, 01 Jan 2035 00:00:00 GMT", 0.0)]
    [InlineData(429, "Sun, 31 Dec 2034 23:00:00 GMT", 0.0)]
    [InlineData(503, "Tue, 01 Jan 2036 00:00:00 GMT", 86_400.0)]
    [InlineData(503, "soon", null)]
    [InlineData(503, "-5", null)]
    [InlineData(503, "99999999999999999999", null)]
    [InlineData(400, "7", null)]
    public async Task Request_RetryAfter_IsATime(int status, string header, double? seconds)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status, "", $"Retry-After: {header}"));
        await using var http = await HttpFixture.OpenAsync(server.Url);
        http.Clock.Advance(new DateTimeOffset(2035, 1, 1, 0, 0, 0, TimeSpan.Zero) - http.Clock.GetUtcNow());

        var failure = await http.FailAsync(new { method = "POST", path = "/" });

        Assert.Equal(seconds, failure.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(299)]
    [InlineData(302)]
    [InlineData(399)]
    public async Task Request_StatusBelow400_IsAnAnswer(int status)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(status, (await http.GetAsync("/")).GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task Request_StatusErrorsPass_IsAnAnswer(int status)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status, """{"why":"so"}""", "Content-Type: application/json"));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { statusErrors = "pass" });

        var result = await http.GetAsync("/");

        Assert.Equal(status, result.GetProperty("status").GetInt32());
        Assert.Equal("so", result.GetProperty("body").GetProperty("why").GetString());
    }

    [Fact]
    public async Task Request_StatusErrorsPassAndCredentialRefused_IsAuth()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(401));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { statusErrors = "pass" }, new KeyCredentials("X-Key", "sesame"));

        var failure = await http.FailGetAsync("/");

        Assert.Equal(ConnectorErrorKind.Auth, failure.Kind);
        Assert.False(failure.WasSent);
    }
}
