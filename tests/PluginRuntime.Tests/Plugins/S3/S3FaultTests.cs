using PluginRuntime.Sdk;
using PluginRuntime.Tests.Plugins.Http;
using PluginRuntime.Tests.Sdk;
using After = PluginRuntime.Tests.Plugins.Http.HttpServer.After;
using Reply = PluginRuntime.Tests.Plugins.Http.HttpServer.Reply;

namespace PluginRuntime.Tests.Plugins.S3;

/// <summary>Servers that answer what a real one does not on demand.</summary>
public sealed class S3FaultTests
{
    private const string Tag = "ETag: \"0123456789abcdef0123456789abcdef-2\"";

    [Theory]
    [InlineData(503, "SlowDown", ConnectorErrorKind.Rate, false)]
    [InlineData(429, "TooManyRequests", ConnectorErrorKind.Rate, false)]
    [InlineData(503, "ServiceUnavailable", ConnectorErrorKind.Unavailable, true)]
    [InlineData(500, "InternalError", ConnectorErrorKind.Unavailable, true)]
    [InlineData(502, "", ConnectorErrorKind.Unavailable, true)]
    [InlineData(504, "", ConnectorErrorKind.Timeout, true)]
    [InlineData(400, "RequestTimeout", ConnectorErrorKind.Timeout, true)]
    [InlineData(403, "AccessDenied", ConnectorErrorKind.Auth, true)]
    [InlineData(403, "InvalidAccessKeyId", ConnectorErrorKind.Auth, false)]
    [InlineData(403, "SignatureDoesNotMatch", ConnectorErrorKind.Auth, false)]
    [InlineData(400, "ExpiredToken", ConnectorErrorKind.Auth, false)]
    [InlineData(403, "RequestTimeTooSkewed", ConnectorErrorKind.Unavailable, false)]
    [InlineData(403, "InvalidObjectState", ConnectorErrorKind.Conflict, true)]
    [InlineData(404, "NoSuchBucket", ConnectorErrorKind.NotFound, false)]
    [InlineData(409, "OperationAborted", ConnectorErrorKind.Conflict, true)]
    [InlineData(412, "PreconditionFailed", ConnectorErrorKind.Conflict, false)]
    [InlineData(400, "InvalidRequest", ConnectorErrorKind.Input, false)]
    [InlineData(501, "NotImplemented", ConnectorErrorKind.Input, false)]
    [InlineData(301, "PermanentRedirect", ConnectorErrorKind.Input, false)]
    public async Task Put_ErrorOfTheServer_FailsByKindAfterOneRequest(int status, string code, ConnectorErrorKind kind, bool wasSent)
    {
        await using var server = new HttpServer(_ => Error(status, code, "Retry-After: 7"));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        var failure = await s3.FailAsync("put", new { key = "a", content = "x" });

        Assert.Equal((kind, wasSent), (failure.Kind, failure.WasSent));
        Assert.Equal(kind == ConnectorErrorKind.Input ? null : TimeSpan.FromSeconds(7), failure.RetryAfter);
        Assert.DoesNotContain("secret text", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Get_Redirect_IsNotFollowed(int status)
    {
        await using var other = new HttpServer();
        await using var server = new HttpServer(_ => Error(status, "TemporaryRedirect", $"Location: {other.Url}/books/a"));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        await s3.FailAsync("get", new { key = "a" });

        Assert.Empty(other.Requests);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("HTTP/1.1 200 OK\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true)]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", false)]
    public async Task Get_BrokenAnswer_IsUnavailable(string answer, bool isReset)
    {
        await using var server = new HttpServer(_ => Reply.Raw(answer, isReset ? After.Reset : After.Close));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        var failure = await s3.FailAsync("get", new { key = "a" });

        Assert.Equal((ConnectorErrorKind.Unavailable, true), (failure.Kind, failure.WasSent));
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("other start")]
    [InlineData("longer")]
    public async Task Get_AnswerIsAnotherRange_IsRefused(string range)
    {
        await using var server = new HttpServer(_ => range switch
        {
            "whole" => Reply.Of(200, "0123456789", Tag),
            "other start" => Partial("34", 3, 10),
            _ => Partial("4567", 4, 10),
        });
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        var failure = await s3.FailAsync("get", new { key = "a", offset = 4, length = 2 });

        Assert.Equal((ConnectorErrorKind.Unavailable, true), (failure.Kind, failure.WasSent));
        Assert.Equal(["bytes=4-5"], server.Only.Values("Range"));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("download")]
    [InlineData("list")]
    [InlineData("put")]
    [InlineData("upload")]
    public async Task Call_ServerFallsSilent_EndsByItsToken(string action)
    {
        await using var server = new HttpServer(_ => Reply.Raw($"HTTP/1.1 200 OK\r\n{Tag}\r\nContent-Length: 10\r\n\r\nabc", After.Hang));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);
        s3.Put("file", 20 * 1024 * 1024);
        using var cancellation = new CancellationTokenSource();
        object input = action switch
        {
            "list" => new { },
            "put" => new { key = "a", content = "x" },
            "get" => new { key = "a" },
            _ => new { key = "a", path = "file" },
        };
        var call = s3.CallAsync(action, input, cancellation.Token);
        await server.NextAsync();

        await cancellation.CancelAsync();

        if (action != "put")
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }
        else
        {
            // Whether the answer, whose body nobody needs, or the cancellation comes first.
            await Record.ExceptionAsync(() => call);
        }
    }

    [Fact]
    public async Task Download_ConnectionBreaks_GoesOnThere()
    {
        await using var server = new HttpServer(request => request.Values("Range") is ["bytes=4-"]
            ? Partial("456789", 4, 10)
            : Reply.Raw($"HTTP/1.1 200 OK\r\n{Tag}\r\nContent-Length: 10\r\n\r\n0123"));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        var answer = await s3.CallAsync("download", new { key = "a", path = "file" });

        Assert.Equal(10, answer.GetProperty("size").GetInt64());
        Assert.Equal("0123456789", await File.ReadAllTextAsync(Path.Combine(s3.Folder, "file")));
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(["\"0123456789abcdef0123456789abcdef-2\""], server.Requests[1].Values("If-Match"));
    }

    [Theory]
    [InlineData("412")]
    [InlineData("whole")]
    [InlineData("other tag")]
    [InlineData("other range")]
    public async Task Download_ObjectChangesWhenTheConnectionBreaks_FailsAndLeavesTheOldFile(string change)
    {
        await using var server = new HttpServer(request => request.Values("Range") is ["bytes=0-"]
            ? Reply.Raw($"HTTP/1.1 200 OK\r\n{Tag}\r\nContent-Length: 10\r\n\r\n0123")
            : change switch
            {
                "412" => Error(412, "PreconditionFailed"),
                "whole" => Reply.Of(200, "0123456789", Tag),
                "other tag" => Reply.Of(206, "456789", "ETag: \"other\"", "Content-Range: bytes 4-9/10"),
                _ => Reply.Of(206, "0123456789", Tag, "Content-Range: bytes 0-9/10"),
            });
        await using var s3 = await S3Fixture.CreateAsync(server.Port);
        await File.WriteAllTextAsync(Path.Combine(s3.Folder, "file"), "old");

        var failure = await s3.FailAsync("download", new { key = "a", path = "file" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        await AssertOldAsync(s3);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"0123456789abcdef0123456789abcdef\"\r\nContent-Length: 10\r\n\r\n0123456789")]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 10\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")]
    public async Task Download_AnswerIsWrong_FailsAndLeavesTheOldFile(string answer)
    {
        await using var server = new HttpServer(_ => Reply.Raw(answer));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);
        await File.WriteAllTextAsync(Path.Combine(s3.Folder, "file"), "old");

        var failure = await s3.FailAsync("download", new { key = "a", path = "file" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        await AssertOldAsync(s3);
        Assert.InRange(server.Requests.Count, 1, 4);
    }

    [Fact]
    public async Task Download_NoSignOfLife_IsTakenForBroken()
    {
        var clock = new ManualTimeProvider();
        await using var server = new HttpServer(request => request.Values("Range") is ["bytes=4-"]
            ? Partial("456789", 4, 10)
            : Reply.Raw($"HTTP/1.1 200 OK\r\n{Tag}\r\nContent-Length: 10\r\n\r\n0123", After.Hang));
        await using var s3 = await S3Fixture.CreateAsync(server.Port, timeProvider: clock);
        var call = s3.CallAsync("download", new { key = "a", path = "file" });
        while (!call.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(call, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        Assert.Equal(10, (await call).GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task Upload_PartFails_IsTakenBackAtTheServer()
    {
        await using var server = new HttpServer(request => request switch
        {
            { Method: "POST" } => Reply.Of(200, "<InitiateMultipartUploadResult><Bucket>books</Bucket><Key>a</Key><UploadId>up-1</UploadId></InitiateMultipartUploadResult>"),
            { Method: "PUT" } when request.Target.Contains("partNumber=2", StringComparison.Ordinal) => Error(500, "InternalError"),
            { Method: "DELETE" } => Reply.Raw("HTTP/1.1 204 No Content\r\n\r\n", After.Keep),
            _ => Reply.Of(200, "", "ETag: \"part\""),
        });
        ConnectorException failure;
        await using (var s3 = await S3Fixture.CreateAsync(server.Port))
        {
            s3.Put("file", 20 * 1024 * 1024);
            failure = await s3.FailAsync("upload", new { key = "a", path = "file" });
        }

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.Equal("/books/a?uploadId=up-1", Assert.Single(server.Requests, request => request.Method == "DELETE").Target);
    }

    [Fact]
    public async Task Upload_CompletionFailsWithinASuccess_IsAFailure()
    {
        await using var server = new HttpServer(request => request switch
        {
            { Method: "POST" } when request.Target.Contains("uploads", StringComparison.Ordinal) =>
                Reply.Of(200, "<InitiateMultipartUploadResult><Bucket>books</Bucket><Key>a</Key><UploadId>up-1</UploadId></InitiateMultipartUploadResult>"),
            { Method: "POST" } => Reply.Of(200, "<Error><Code>InternalError</Code><Message>secret text</Message></Error>"),
            { Method: "DELETE" } => Reply.Raw("HTTP/1.1 204 No Content\r\n\r\n", After.Keep),
            _ => Reply.Of(200, "", "ETag: \"part\""),
        });
        await using var s3 = await S3Fixture.CreateAsync(server.Port);
        s3.Put("file", 20 * 1024 * 1024);

        var failure = await s3.FailAsync("upload", new { key = "a", path = "file" });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
    }

    [Fact]
    public async Task Request_GoesWithTheInstancesCredentialsAlone()
    {
        await using var server = new HttpServer(_ => Reply.Of(200, "", "ETag: \"x\""));
        await using var s3 = await S3Fixture.CreateAsync(server.Port, new { sessionToken = "a-token", region = "eu-north-1" }, new BasicCredentials("AKIA", "secret"));
        await using var anonymous = await S3Fixture.CreateAsync(server.Port, credentials: NoCredentials.Instance);

        await s3.CallAsync("put", new { key = "a", content = "x", ifNoneMatch = "*" });
        await anonymous.CallAsync("put", new { key = "a", content = "x" });

        Assert.Contains("Credential=AKIA/", Assert.Single(server.Requests[0].Values("Authorization")), StringComparison.Ordinal);
        Assert.Contains("/eu-north-1/s3/", server.Requests[0].Head, StringComparison.Ordinal);
        Assert.Equal(["a-token"], server.Requests[0].Values("x-amz-security-token"));
        Assert.Equal(["*"], server.Requests[0].Values("If-None-Match"));
        Assert.Equal("x", server.Requests[0].Text);
        Assert.Empty(server.Requests[1].Values("Authorization"));
    }

    [Fact]
    public async Task Network_SaysNo_IsWhatTheCallerGets()
    {
        await using var s3 = await S3Fixture.CreateAsync(1, network: new Closed());
        await using var nobody = await S3Fixture.CreateAsync(1);

        await using var silent = await S3Fixture.CreateAsync(1, network: new Silent());
        var refused = await s3.FailAsync("get", new { key = "a" });
        var unanswered = await silent.FailAsync("put", new { key = "a", content = "x" });
        var unreachable = await nobody.FailAsync("put", new { key = "a", content = "x" });

        Assert.Equal((ConnectorErrorKind.Input, "Not there."), (refused.Kind, refused.Message));
        Assert.Equal((ConnectorErrorKind.Unavailable, false), (unreachable.Kind, unreachable.WasSent));
        Assert.Equal((ConnectorErrorKind.Timeout, false), (unanswered.Kind, unanswered.WasSent));
    }

    [Theory]
    [InlineData(200, "", true)]
    [InlineData(403, "", true)]
    [InlineData(404, "", false)]
    [InlineData(500, "", false)]
    public async Task Check_Bucket_IsHealthyWhereTheServerIsThere(int status, string code, bool isHealthy)
    {
        await using var server = new HttpServer(_ => Error(status, code));
        await using var s3 = await S3Fixture.CreateAsync(server.Port);

        Assert.Equal(isHealthy, (await s3.CheckAsync()).IsHealthy);
        Assert.Equal("HEAD", server.Only.Method);
    }

    private static async Task AssertOldAsync(S3Fixture s3)
    {
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(s3.Folder, "file")));
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(s3.Folder).Select(Path.GetFileName));
    }

    private static Reply Partial(string body, int start, int size) =>
        Reply.Of(206, body, Tag, $"Content-Range: bytes {start}-{start + body.Length - 1}/{size}");

    private static Reply Error(int status, string code, params string[] headers) =>
        code.Length == 0 ? Reply.Of(status, "", headers) : Reply.Of(status, $"<Error><Code>{code}</Code><Message>secret text</Message></Error>", [.. headers, "Content-Type: application/xml"]);

    private sealed class Silent : IConnectorNetwork
    {
        public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException();
        }
    }

    private sealed class Closed : IConnectorNetwork
    {
        public ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken) =>
            throw new ConnectorException(ConnectorErrorKind.Input, "Not there.", wasSent: false);
    }
}
