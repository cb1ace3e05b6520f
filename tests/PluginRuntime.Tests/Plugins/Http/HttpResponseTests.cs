using System.IO.Compression;
using System.Text;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpResponseTests
{
    [Theory]
    [InlineData("application/json", """{"a": 1.50, "b":[12345678901234567890]}""", "json", """{"a": 1.50, "b":[12345678901234567890]}""")]
    [InlineData("application/json; charset=utf-8", "\"ü\"", "json", "\"ü\"")]
    [InlineData("application/problem+json", "null", "json", "null")]
    [InlineData("text/json", "1", "json", "1")]
    [InlineData("application/json", "\uFEFF{}", "json", "{}")]
    [InlineData("application/json", "{no json", "text", "\"{no json\"")]
    [InlineData("application/json", "{} {}", "text", "\"{} {}\"")]
    [InlineData("application/json", """{"a":1,"a":2}""", "text", """
        "{\"a\":1,\"a\":2}"
        """)]
    [InlineData("application/json", """{"a":"\ud800"}""", "text", """
        "{\"a\":\"\\ud800\"}"
        """)]
    [InlineData("application/json", """{"\ud800":1}""", "text", """
        "{\"\\ud800\":1}"
        """)]
    [InlineData("text/plain", "a \"quoted\" <ü>\n", "text", """
        "a \"quoted\" <ü>\n"
        """)]
    [InlineData("application/atom+xml", "<a/>", "text", "\"<a/>\"")]
    [InlineData("application/x-ndjson", "{}\n{}", "text", """
        "{}\n{}"
        """)]
    [InlineData("application/octet-stream", "hello", "base64", """{"base64":"aGVsbG8="}""")]
    [InlineData("image/png", "hello", "base64", """{"base64":"aGVsbG8="}""")]
    [InlineData("no media type", "hello", "base64", """{"base64":"aGVsbG8="}""")]
    [InlineData("text/plain; charset=klingon", "hello", "base64", """{"base64":"aGVsbG8="}""")]
    [InlineData("text/plain; charset=utf-7", "hello", "base64", """{"base64":"aGVsbG8="}""")]
    public async Task Get_Body_IsWhatItsTypeSays(string contentType, string body, string bodyType, string expected)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, body, $"Content-Type: {contentType}"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var result = await http.GetAsync("/");

        Assert.Equal(bodyType, result.GetProperty("bodyType").GetString());
        Assert.Equal(expected, result.GetProperty("body").GetRawText());
        Assert.False(result.GetProperty("truncated").GetBoolean());
        Assert.Equal(200, result.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("iso-8859-1", new byte[] { 0xFC }, "\"ü\"")]
    [InlineData("\"utf-16\"", new byte[] { 0xFF, 0xFE, 0xFC, 0 }, "\"ü\"")]
    [InlineData("utf-8", new byte[] { 0xFC }, """{"base64":"/A=="}""")]
    [InlineData("us-ascii", new byte[] { 0xFC }, """{"base64":"/A=="}""")]
    public async Task Get_TextInACharset_IsDecodedWhereNothingIsLost(string charset, byte[] body, string expected)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, body, $"Content-Type: text/plain; charset={charset}"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(expected, (await http.GetAsync("/")).GetProperty("body").GetRawText());
    }

    [Theory]
    [InlineData(62, "json")]
    [InlineData(63, "json")]
    [InlineData(64, "text")]
    public async Task Get_DeepJson_IsTextWhenHostsWouldNotTakeIt(int depth, string bodyType)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, new string('[', depth) + new string(']', depth), "Content-Type: application/json"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(bodyType, (await http.GetAsync("/")).GetProperty("bodyType").GetString());
    }

    [Theory]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\n\r\n")]
    public async Task Request_NoBody_IsNull(string method, string response)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Raw(response));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var result = await http.RequestAsync(new { method, path = "/" });

        Assert.Equal("none", result.GetProperty("bodyType").GetString());
        Assert.Equal("null", result.GetProperty("body").GetRawText());
    }

    [Fact]
    public async Task Get_Headers_AreLowerCaseAndJoinedButForCookies()
    {
        await using var server = new HttpServer(
            _ => HttpServer.Reply.Of(200, "", "X-One: a", "x-many: 1", "X-Many: 2, 3", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Content-Type: text/plain", "ETag: \"x\""));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(
            """{"x-one":"a","x-many":"1, 2, 3","set-cookie":["a=1; Path=/","b=2"],"etag":"\"x\"","content-type":"text/plain","content-length":"0"}""",
            (await http.GetAsync("/")).GetProperty("headers").GetRawText());
    }

    [Theory]
    [InlineData("text/plain", 10, "text", "\"aaaaaaaaaa\"", false)]
    [InlineData("text/plain", 9, "text", "\"aaaaaaaaa\"", true)]
    [InlineData("application/json", 9, "text", "\"aaaaaaaaa\"", true)]
    [InlineData("image/png", 3, "base64", """{"base64":"YWFh"}""", true)]
    public async Task Get_BodyOverTheLimit_IsCut(string contentType, int limit, string bodyType, string body, bool truncated)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, new string('a', 10), $"Content-Type: {contentType}"));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { maxResponseBytes = limit });

        var result = await http.GetAsync("/");

        Assert.Equal(bodyType, result.GetProperty("bodyType").GetString());
        Assert.Equal(body, result.GetProperty("body").GetRawText());
        Assert.Equal(truncated, result.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task Get_CutThroughACharacter_DropsIt()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, "aü😀", "Content-Type: text/plain"));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { maxResponseBytes = 5 });

        Assert.Equal("aü", (await http.GetAsync("/")).GetProperty("body").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Get_CompressedBody_IsDecompressed(string encoding)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, Compress("""{"a":1}"""u8.ToArray(), encoding), "Content-Type: application/json", $"Content-Encoding: {encoding}"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var result = await http.GetAsync("/");

        Assert.Equal("""{"a":1}""", result.GetProperty("body").GetRawText());
        Assert.False(result.GetProperty("headers").TryGetProperty("content-encoding", out _));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Get_Bomb_IsCutAtTheLimitOfWhatItBecomes(string encoding)
    {
        // 64 MiB of zeros in less than a hundredth of it.
        var bomb = Compress(new byte[64 * 1024 * 1024], encoding);
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, bomb, "Content-Type: text/plain", $"Content-Encoding: {encoding}"));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { maxResponseBytes = 1000 });

        var result = await http.GetAsync("/");

        Assert.True(result.GetProperty("truncated").GetBoolean());
        Assert.Equal(1000, result.GetProperty("body").GetString()!.Length);
    }

    [Fact]
    public async Task Get_UnknownEncoding_IsBytes()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, "hello", "Content-Type: text/plain", "Content-Encoding: rot13"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal("""{"base64":"aGVsbG8="}""", (await http.GetAsync("/")).GetProperty("body").GetRawText());
    }

    private static byte[] Compress(byte[] bytes, string encoding)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(buffer, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            stream.Write(bytes);
        }

        return buffer.ToArray();
    }
}
