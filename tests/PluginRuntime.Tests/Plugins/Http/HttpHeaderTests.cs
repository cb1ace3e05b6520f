using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpHeaderTests
{
    [Theory]
    [InlineData("X-A", "1\r\nX-Evil: 2")]
    [InlineData("X-A", "1\nX-Evil: 2")]
    [InlineData("X-A", "1\rX-Evil: 2")]
    [InlineData("X-A", "1\r\n\r\nGET /evil HTTP/1.1")]
    [InlineData("X-A", "\0")]
    [InlineData("X-A", "\u007F")]
    [InlineData("X-A", "\u0085X-Evil: 2")]
    [InlineData("X-A", "\u2028X-Evil: 2")]
    [InlineData("X-A", "ü")]
    [InlineData("X-A", "\u560D\u560AX-Evil: 2")]
    [InlineData("Content-Type", "text/plain\r\nX-Evil: 2")]
    [InlineData("X-A: 1\r\nX-Evil", "2")]
    [InlineData("X-A\n", "2")]
    [InlineData("X A", "2")]
    [InlineData(" X-A", "2")]
    [InlineData("X-A:", "2")]
    [InlineData("", "2")]
    [InlineData("X-Ä", "2")]
    [InlineData("X\tA", "2")]
    [InlineData("X(A)", "2")]
    [InlineData("Host", "evil.example")]
    [InlineData("host", "evil.example")]
    [InlineData("Content-Length", "3")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Keep-Alive", "timeout=1")]
    [InlineData("Upgrade", "websocket")]
    [InlineData("TE", "trailers")]
    [InlineData("Trailer", "X")]
    [InlineData("Expect", "100-continue")]
    [InlineData("Proxy-Authorization", "Basic x")]
    [InlineData("Proxy-Connection", "close")]
    [InlineData("proxy-anything", "x")]
    [InlineData("Authorization", "Bearer mine")]
    [InlineData("authorization", "Bearer mine")]
    [InlineData("HTTP2-Settings", "x")]
    public async Task Request_HeaderThatIsNotAccepted_IsInputAndNeverSent(string name, string value)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "POST", path = "/", headers = new Dictionary<string, string> { [name] = value }, body = "x" });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Equal(0, server.Connections);
        Assert.DoesNotContain("evil", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("X-Key")]
    [InlineData("x-key")]
    [InlineData("X-KEY")]
    public async Task Request_HeaderOfTheCredential_IsInput(string name)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url, credentials: new KeyCredentials("X-Key", "sesame"));

        var failure = await http.FailAsync(new { method = "GET", path = "/", headers = new Dictionary<string, string> { [name] = "mine" } });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.DoesNotContain("sesame", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("sesame\r\nX-Evil: 1")]
    [InlineData("sesäme")]
    public async Task Request_CredentialThatNoHeaderCarries_IsAuthAndNeverSent(string key)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url, credentials: new KeyCredentials("X-Key", key));

        var failure = await http.FailGetAsync("/");

        Assert.Equal(ConnectorErrorKind.Auth, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.DoesNotContain("ses", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Request_HeadersOfSettingsAndCaller_AreMerged()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(
            server.Url, new { headers = new Dictionary<string, string> { ["X-A"] = "setting", ["Accept"] = "text/plain" } }, new KeyCredentials("X-Key", "sesame"));

        await http.RequestAsync(new { method = "GET", path = "/", headers = new Dictionary<string, string> { ["x-a"] = "call\t1", ["Cookie"] = "a=b", ["X-Ref"] = "${env:PATH}" } });

        Assert.Equal(["call\t1"], server.Only.Values("X-A"));
        Assert.Equal(["text/plain"], server.Only.Values("Accept"));
        Assert.Equal(["a=b"], server.Only.Values("Cookie"));
        Assert.Equal(["${env:PATH}"], server.Only.Values("X-Ref"));
        Assert.Equal(["sesame"], server.Only.Values("X-Key"));
        Assert.Equal(["PluginRuntime-http/1.0.0"], server.Only.Values("User-Agent"));
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("POST", false)]
    public async Task Request_HeaderThatNamesAnotherMethod_IsInputWithGet(string method, bool isRefused)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);
        var input = new { method, path = "/", headers = new Dictionary<string, string> { ["x-http-method-override"] = "DELETE" } };

        var failure = await Record.ExceptionAsync(() => http.RequestAsync(input));

        Assert.Equal(isRefused, failure is ConnectorException { Kind: ConnectorErrorKind.Input });
        Assert.Equal(isRefused ? 0 : 1, server.Requests.Count);
    }

    [Fact]
    public async Task Request_SameHeaderTwice_IsInput()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "GET", path = "/", headers = new Dictionary<string, string> { ["X-A"] = "1", ["x-a"] = "2" } });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
    }

    [Fact]
    public async Task Request_LongHeaders_IsInput()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "GET", path = "/", headers = new Dictionary<string, string> { ["X-A"] = new('a', 32 * 1024) } });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
    }

    [Fact]
    public async Task Request_InATrace_CarriesIt()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);
        using var activity = new System.Diagnostics.Activity("test").Start();

        await http.GetAsync("/");

        Assert.Contains(activity.TraceId.ToHexString(), Assert.Single(server.Only.Values("traceparent")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_CookieThatTheServerSets_IsNotSentBack()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, "", "Set-Cookie: id=1"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        await http.GetAsync("/");
        await http.GetAsync("/");

        Assert.All(server.Requests, request => Assert.Empty(request.Values("Cookie")));
    }
}
