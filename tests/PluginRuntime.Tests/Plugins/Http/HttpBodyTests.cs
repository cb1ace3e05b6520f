using System.Text.Json.Nodes;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpBodyTests
{
    [Theory]
    [InlineData("""{"a":[1.50,"\u00FC",null]}""", null, "application/json", """{"a":[1.50,"\u00FC",null]}""")]
    [InlineData("""[12345678901234567890]""", null, "application/json", "[12345678901234567890]")]
    [InlineData("""{"a":1}""", "application/vnd.api+json", "application/vnd.api+json", """{"a":1}""")]
    [InlineData("false", null, "application/json", "false")]
    [InlineData("\"text\"", null, "application/json", "\"text\"")]
    [InlineData("\"text ü\"", "text/plain", "text/plain", "text ü")]
    [InlineData("\"text ü\"", "text/plain; charset=utf-8", "text/plain; charset=utf-8", "text ü")]
    [InlineData("\"{}\"", "application/json", "application/json", "{}")]
    [InlineData("\"a=1&b=2\"", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "a=1&b=2")]
    [InlineData("\"${env:PATH} ${file:/etc/passwd}\"", "text/plain", "text/plain", "${env:PATH} ${file:/etc/passwd}")]
    [InlineData("""{"base64":"aGVsbG8="}""", null, "application/octet-stream", "hello")]
    [InlineData("""{"base64":"aGVsbG8="}""", "image/png", "image/png", "hello")]
    [InlineData("""{"base64":"aGVsbG8=","more":1}""", null, "application/json", """{"base64":"aGVsbG8=","more":1}""")]
    [InlineData("""{"base64":1}""", null, "application/json", """{"base64":1}""")]
    public async Task Request_Body_IsSentAsItIsDescribed(string body, string? contentType, string sentType, string sent)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        await http.RequestAsync(Input("PUT", body, contentType));

        Assert.Equal(sent, server.Only.Text);
        Assert.Equal([sentType], server.Only.Values("Content-Type"));
    }

    [Theory]
    [InlineData("POST", "0")]
    [InlineData("DELETE", "0")]
    [InlineData("GET", null)]
    [InlineData("OPTIONS", null)]
    public async Task Request_NoBody_SendsNone(string method, string? length)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        await http.RequestAsync(Input(method, "null", "text/plain"));

        Assert.Equal(method, server.Only.Method);
        Assert.Equal(length is null ? [] : [length], server.Only.Values("Content-Length"));
        Assert.Empty(server.Only.Values("Content-Type"));
        Assert.Empty(server.Only.Body);
    }

    [Theory]
    [InlineData("""{"a":1}""", "text/plain")]
    [InlineData("1", "application/xml")]
    [InlineData("\"ü\"", "text/plain; charset=iso-8859-1")]
    [InlineData("\"x\"", "text")]
    [InlineData("""{"base64":"no base64!"}""", null)]
    public async Task Request_BodyAndTypeThatDoNotFit_IsInput(string body, string? contentType)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(Input("POST", body, contentType));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("CONNECT")]
    [InlineData("TRACE")]
    [InlineData("get")]
    [InlineData("GET /evil HTTP/1.1\r\nX: y\r\n\r\nPOST")]
    [InlineData("")]
    public async Task Request_OtherMethod_IsInput(string method)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method, path = "/" });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Equal(0, server.Connections);
    }

    private static JsonObject Input(string method, string body, string? contentType)
    {
        var input = new JsonObject { ["method"] = method, ["path"] = "/", ["body"] = JsonNode.Parse(body) };
        if (contentType is not null)
        {
            input["headers"] = new JsonObject { ["Content-Type"] = contentType };
        }

        return input;
    }
}
