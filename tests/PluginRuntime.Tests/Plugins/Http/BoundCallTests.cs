using System.Text;
using PluginRuntime.Connectors.Http;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class BoundCallTests
{
    [Fact]
    public async Task Init_BoundManifest_HasItsActionsInPlaceOfItsOwn()
    {
        await using var server = new HttpServer();
        await using var http = await BoundFixture.OpenAsync(server.Url, """{"method":"GET","path":"/"}""");

        Assert.Equal(["act"], http.Actions.Select(action => action.Id));
        Assert.Equal(["request", "get"], new HttpConnector().Actions.Select(action => action.Id));
    }

    [Fact]
    public async Task Call_Everything_IsOneRequest()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(201, """ {"id": 12345678901234567890, "x": 1.50} """, "Content-Type: text/plain"));
        var credentials = new KeyCredentials("X-Key", "sesame");
        await using var http = await BoundFixture.OpenAsync(
            server.Url + "/v1/",
            """
            {"method":"PATCH","path":"/users/{a}/n-{b}","query":{"list":"{c}","t":"x {a}","fixed":true,"n":1.50},
             "headers":{"X-B":"b {b}","Content-Type":"application/merge-patch+json"},
             "body":{"a":"{a}","deep":[{"b":"{b}"},null,"{c}"],"text":"a is {a}, { b }"}}
            """,
            credentials);

        var result = await http.CallAsync("""{"a":"x/y ü","b":1.50,"c":[1,"z"]}""");

        Assert.Equal("""{"id": 12345678901234567890, "x": 1.50}""", result.GetRawText());
        var request = server.Only;
        Assert.Equal("PATCH", request.Method);
        Assert.Equal("/v1/users/x%2Fy%20%C3%BC/n-1.50?list=1&list=z&t=x%20x%2Fy%20%C3%BC&fixed=true&n=1.50", request.Target);
        Assert.Equal(["b 1.50"], request.Values("X-B"));
        Assert.Equal(["application/merge-patch+json"], request.Values("Content-Type"));
        Assert.Equal(["sesame"], request.Values("X-Key"));
        Assert.Equal(["PluginRuntime-bound/2.3.4"], request.Values("User-Agent"));
        Assert.Empty(request.Values("X-Evil"));
        Assert.Equal("""{"a":"x/y \u00FC","deep":[{"b":1.50},null,[1,"z"]],"text":"a is x/y \u00FC, { b }"}""", request.Text);
    }

    [Fact]
    public async Task Call_OptionalValuesMissingOrNull_LeaveTheirPlacesOut()
    {
        const string Http = """{"method":"POST","path":"/","query":{"c":"{c}","t":"x-{c}"},"headers":{"X-C":"{c}","X-T":"t {c}"},"body":{"c":"{c}","t":"t {c}","list":["{c}",1]}}""";
        await using var server = new HttpServer();
        await using var http = await BoundFixture.OpenAsync(server.Url, Http);

        await http.CallAsync("""{"a":1,"b":1}""");
        await http.CallAsync("""{"a":1,"b":1,"c":null}""");

        Assert.Equal(["""{"list":[1]}""", """{"c":null,"list":[null,1]}"""], server.Requests.Select(request => request.Text));
        Assert.All(server.Requests, request => Assert.Equal("/", request.Target));
        Assert.All(server.Requests, request => Assert.Empty(request.Values("X-C").Concat(request.Values("X-T"))));
    }

    /// <summary>What the connector's own actions take for bytes or for a text is JSON here, and nothing else.</summary>
    [Theory]
    [InlineData("""{"base64":"QUJD"}""")]
    [InlineData("\"a=1&b=2\"")]
    [InlineData("0.10")]
    [InlineData("[{\"deep\":[[]]}]")]
    public async Task Call_WholeBody_IsTheValueAsJson(string value)
    {
        await using var server = new HttpServer();
        await using var http = await BoundFixture.OpenAsync(server.Url, """{"method":"POST","path":"/","body":"{a}"}""");

        await http.CallAsync($$"""{"a":{{value}},"b":1}""");

        Assert.Equal(["application/json"], server.Only.Values("Content-Type"));
        Assert.Equal(value.Replace("&", "\\u0026", StringComparison.Ordinal), server.Only.Text.Replace("&", "\\u0026", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", """{"method":"GET","path":"/"}""", "null")]
    [InlineData("", """{"method":"GET","path":"/","response":"text"}""", "null")]
    [InlineData("", """{"method":"HEAD","path":"/"}""", "null")]
    [InlineData("", """{"method":"DELETE","path":"/","body":null}""", "null")]
    [InlineData("[1, 2.0]", """{"method":"GET","path":"/"}""", "[1, 2.0]")]
    [InlineData("\uFEFFtrue", """{"method":"GET","path":"/"}""", "true")]
    [InlineData("a \"b\"", """{"method":"GET","path":"/","response":"text"}""", "\"a \\\"b\\\"\"")]
    [InlineData("{}", """{"method":"GET","path":"/","response":"text"}""", "\"{}\"")]
    public async Task Call_Response_IsTheOutput(string body, string http, string expected)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, body));
        await using var bound = await BoundFixture.OpenAsync(server.Url, http);

        Assert.Equal(expected, (await bound.CallAsync()).GetRawText());
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{} {}")]
    public async Task Call_ResponseIsNoJson_IsABugThatSaysSo(string body)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, body, "Content-Type: application/json"));
        await using var http = await BoundFixture.OpenAsync(server.Url, """{"method":"GET","path":"/"}""");

        var failure = await http.FailAsync();

        Assert.Equal((ConnectorErrorKind.Bug, true), (failure.Kind, failure.WasSent));
        Assert.Contains("no JSON", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ResponseIsTooLong_IsABug()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, $"\"{new string('a', HttpSettings.DefaultMaxResponseBytes)}\""));
        await using var http = await BoundFixture.OpenAsync(server.Url, """{"method":"GET","path":"/"}""");

        Assert.Equal(ConnectorErrorKind.Bug, (await http.FailAsync()).Kind);
    }

    [Theory]
    [InlineData(401, null, ConnectorErrorKind.Auth, false)]
    [InlineData(403, null, ConnectorErrorKind.Auth, true)]
    [InlineData(404, null, ConnectorErrorKind.NotFound, true)]
    [InlineData(409, null, ConnectorErrorKind.Conflict, true)]
    [InlineData(429, null, ConnectorErrorKind.Rate, false)]
    [InlineData(503, null, ConnectorErrorKind.Unavailable, true)]
    [InlineData(422, null, ConnectorErrorKind.Input, true)]
    [InlineData(302, null, ConnectorErrorKind.Bug, true)]
    [InlineData(404, """{"404":"input"}""", ConnectorErrorKind.Input, true)]
    [InlineData(404, """{"4xx":"conflict","405":"pass"}""", ConnectorErrorKind.Conflict, true)]
    [InlineData(401, """{"4xx":"conflict"}""", ConnectorErrorKind.Auth, false)]
    [InlineData(500, """{"5xx":"bug"}""", ConnectorErrorKind.Bug, true)]
    [InlineData(400, """{"4xx":"unavailable","400":"rate"}""", ConnectorErrorKind.Rate, true)]
    public async Task Call_Status_IsAnErrorOfItsKind(int status, string? map, ConnectorErrorKind kind, bool wasSent)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status, """{"secret":1}""", "Retry-After: 7", "Location: http://evil.example/"));
        await using var http = await BoundFixture.OpenAsync(server.Url, $$"""{"method":"GET","path":"/","statusErrors":{{map ?? "{}"}}}""");

        var failure = await http.FailAsync();

        Assert.Equal((kind, wasSent), (failure.Kind, failure.WasSent));
        Assert.Equal(kind == ConnectorErrorKind.Input || status < 400 ? null : TimeSpan.FromSeconds(7), failure.RetryAfter);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(404, """{"404":"pass"}""")]
    [InlineData(418, """{"4xx":"pass","404":"input"}""")]
    public async Task Call_StatusIsPassed_IsTheOutput(int status, string map)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status, """{"none":true}"""));
        await using var http = await BoundFixture.OpenAsync(server.Url, $$"""{"method":"GET","path":"/","statusErrors":{{map}}}""");

        Assert.Equal("""{"none":true}""", (await http.CallAsync()).GetRawText());
    }

    /// <summary>A credential's header that an instance chose, and a manifest did not know of, is not overwritten.</summary>
    [Fact]
    public async Task Call_HeaderOfTheCredential_IsNotSet()
    {
        await using var server = new HttpServer();
        await using var http = await BoundFixture.OpenAsync(
            server.Url, """{"method":"GET","path":"/","headers":{"X-Other":"{a}"}}""", new KeyCredentials("X-Other", "sesame"));

        Assert.Equal(ConnectorErrorKind.Input, (await http.FailAsync("""{"a":"mine","b":1}""")).Kind);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("OTHER/v1/next")]
    [InlineData("/v2/next")]
    [InlineData("/v1/../next")]
    public async Task Call_RedirectAway_IsNotFollowed(string location)
    {
        await using var other = new HttpServer();
        await using var server = new HttpServer();
        server.Answer = _ => HttpServer.Reply.Of(302, "", $"Location: {location.Replace("OTHER", other.Url, StringComparison.Ordinal)}");
        await using var http = await BoundFixture.OpenAsync(server.Url + "/v1", """{"method":"GET","path":"/a"}""", new KeyCredentials("X-Key", "sesame"));

        Assert.Equal(ConnectorErrorKind.Bug, (await http.FailAsync()).Kind);
        Assert.Empty(other.Requests);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(429, true)]
    [InlineData(500, false)]
    public async Task Check_HealthPath_AsksTheApi(int status, bool healthy)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(status));
        await using var http = await BoundFixture.OpenAsync(server.Url + "/v1", """{"method":"GET","path":"/"}""", new KeyCredentials("X-Key", "sesame"), "/status");

        Assert.Equal(healthy, (await http.CheckAsync()).IsHealthy);
        Assert.Equal(("/v1/status", "sesame"), (server.Only.Target, server.Only.Values("X-Key")[0]));
    }

    /// <summary>A manifest that did not come through the host's reader is looked at all the same.</summary>
    [Theory]
    [InlineData("http://user@127.0.0.1/", """{"method":"GET","path":"/"}""")]
    [InlineData("http://127.0.0.1/", """{"method":"TRACE","path":"/"}""")]
    [InlineData("http://127.0.0.1/", """{"method":"GET","path":"/../x"}""")]
    [InlineData("http://127.0.0.1/", """{"method":"GET","path":"/{a}/../x"}""")]
    [InlineData("http://127.0.0.1/", """{"method":"GET","path":"/","headers":{"Host":"x"}}""")]
    [InlineData("http://127.0.0.1/", """{"method":"GET","path":"/","headers":{"X-A":"a\r\nb"}}""")]
    public async Task Init_ManifestThatNoHostAccepts_IsRefused(string baseUrl, string http)
    {
        IConnector connector = new HttpConnector();
        var context = new ConnectorContext { Instance = "test", Version = "1.0.0", Manifest = Encoding.UTF8.GetBytes(BoundFixture.Manifest(baseUrl, http)) };

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => connector.InitializeAsync(context, default).AsTask());

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
    }
}
