using System.Net;
using System.Net.Sockets;
using PluginRuntime.Sdk;
using After = PluginRuntime.Tests.Plugins.Http.HttpServer.After;
using Reply = PluginRuntime.Tests.Plugins.Http.HttpServer.Reply;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpFaultTests
{
    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno header\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: x\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    [InlineData("HTTP/9.9 200 OK\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Request_BrokenResponse_IsUnavailableAndSent(string response)
    {
        await using var server = new HttpServer(_ => Reply.Raw(response));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "POST", path = "/", body = 1 });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.True(failure.WasSent);
        Assert.Contains(server.Url, failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Type: text/plain\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\nX: a\r\n b\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nabc")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc")]
    public async Task Request_OddResponse_IsReadOrUnavailable(string response)
    {
        await using var server = new HttpServer(_ => Reply.Raw(response));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        try
        {
            Assert.Equal("abc", (await http.GetAsync("/")).GetProperty("body").GetString());
        }
        catch (ConnectorException failure)
        {
            Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]
    public async Task Request_Reset_IsUnavailableAndSent(string response)
    {
        await using var server = new HttpServer(_ => Reply.Raw(response, After.Reset));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "POST", path = "/" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.True(failure.WasSent);
    }

    [Theory]
    [InlineData("X-Long: ", 70_000)]
    [InlineData("X: y\r\n", 20_000)]
    public async Task Request_MoreHeadersThanTheLimit_IsUnavailable(string header, int times)
    {
        var headers = times == 70_000 ? header + new string('a', times) + "\r\n" : string.Concat(Enumerable.Repeat(header, times));
        await using var server = new HttpServer(_ => Reply.Raw($"HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n", After.Hang));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(new { method = "POST", path = "/" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.Contains("64 KiB of headers", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task Request_ServerThatHangs_EndsByTheToken(string response)
    {
        await using var server = new HttpServer(_ => Reply.Raw(response, After.Hang));
        await using var http = await HttpFixture.OpenAsync(server.Url);
        using var cancellation = new CancellationTokenSource();

        var call = http.RequestAsync(new { method = "POST", path = "/" }, cancellation.Token);
        await server.NextAsync();
        Assert.False(call.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData("request", "POST")]
    [InlineData("request", "GET")]
    [InlineData("get", "GET")]
    public async Task Request_NobodyListens_IsUnavailableAndNotSent(string action, string method)
    {
        int port;
        await using (var server = new HttpServer())
        {
            port = server.Port;
        }

        await using var http = await HttpFixture.OpenAsync($"http://127.0.0.1:{port}/secret");

        var failure = action == "get" ? await http.FailGetAsync("/") : await http.FailAsync(new { method, path = "/" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Equal($"There is no connection to http://127.0.0.1:{port}: ConnectionRefused.", failure.Message);
    }

    [Fact]
    public async Task Request_ConnectionThatIsNeverTaken_IsTimeoutAndNotSent()
    {
        // A queue of one that is full: the system leaves further connections unanswered.
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(listener.LocalEndPoint!);
        await using var http = await HttpFixture.OpenAsync($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");

        var failure = await http.FailAsync(new { method = "POST", path = "/" });

        Assert.Equal(ConnectorErrorKind.Timeout, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Contains("within 5 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_UnknownName_IsUnavailableAndNotSent()
    {
        await using var http = await HttpFixture.OpenAsync("http://nowhere.invalid");

        var failure = await http.FailAsync(new { method = "POST", path = "/" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(failure.WasSent);
    }

    [Fact]
    public async Task Request_TlsToAServerWithoutIt_IsUnavailableAndNotSent()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync($"https://127.0.0.1:{server.Port}");

        // The server waits for the end of a header that a TLS greeting does not have: ending it is the answer.
        var call = http.FailAsync(new { method = "POST", path = "/" });
        while (server.Connections == 0)
        {
            await Task.Yield();
        }

        await server.DisposeAsync();
        var failure = await call;

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(failure.WasSent);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Request_KeptConnectionBreaksAfterTheRequest_IsNotSentTwice(string method)
    {
        await using var server = new HttpServer();
        server.Answer = _ => server.Requests.Count == 1 ? Reply.Of(200) : Reply.Raw("");
        await using var http = await HttpFixture.OpenAsync(server.Url);
        await http.GetAsync("/");

        var failure = await http.FailAsync(new { method, path = "/" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.True(failure.WasSent);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Request_OneAfterTheOther_ShareASocket()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        for (var i = 0; i < 5; i++)
        {
            await http.GetAsync("/");
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Check_WithoutHealthPath_ConnectsAndSendsNothing()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(ConnectionHealth.Healthy, await http.CheckAsync());

        await server.DisposeAsync();
        var health = await http.CheckAsync();
        Assert.False(health.IsHealthy);
        Assert.Contains("ConnectionRefused", health.Detail, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(302, true)]
    [InlineData(429, true)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(500, false)]
    public async Task Check_HealthPath_IsHealthyByStatus(int status, bool isHealthy)
    {
        await using var server = new HttpServer(_ => Reply.Of(status));
        await using var http = await HttpFixture.OpenAsync(server.Url + "/v1", new { healthPath = "/up" }, new KeyCredentials("X-Key", "sesame"));

        Assert.Equal(isHealthy, (await http.CheckAsync()).IsHealthy);

        Assert.Equal("/v1/up", server.Only.Target);
        Assert.Equal("GET", server.Only.Method);
        Assert.Equal(["sesame"], server.Only.Values("X-Key"));
    }

    [Fact]
    public async Task Check_HealthPathNotAnswered_IsUnhealthy()
    {
        await using var server = new HttpServer(_ => Reply.Raw(""));
        await using var http = await HttpFixture.OpenAsync(server.Url, new { healthPath = "/up" });

        Assert.False((await http.CheckAsync()).IsHealthy);
    }
}
