using System.Text.Json;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Tests.Plugins.Http;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.S3;

/// <summary>Against a stub, because <see cref="Loads"/> gives no credentials: what stays in memory does not depend on who answers.</summary>
public sealed class S3UnloadTests
{
    [Fact]
    public async Task Unload_UsedOnAServer_IsCollectedFiveTimes()
    {
        await using var server = new HttpServer(request => request switch
        {
            { Method: "GET" } when request.Target.Contains("list-type", StringComparison.Ordinal) => HttpServer.Reply.Of(200, "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>"),
            { Method: "GET" } => HttpServer.Reply.Of(200, "text", "ETag: \"x\""),
            { Method: "POST" } when request.Target.Contains("uploads", StringComparison.Ordinal) =>
                HttpServer.Reply.Of(200, "<InitiateMultipartUploadResult><Bucket>books</Bucket><Key>a</Key><UploadId>up-1</UploadId></InitiateMultipartUploadResult>"),
            { Method: "POST" } => HttpServer.Reply.Of(200, "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>"),
            _ => HttpServer.Reply.Of(200, "", "ETag: \"x\""),
        });
        await using var loads = new Loads();
        using var data = new TemporaryDirectory();
        await File.WriteAllBytesAsync(Path.Combine(data.Path, "large"), new byte[20_000_000]);
        var settings = JsonSerializer.Serialize(new { bucket = "books", tls = false, directory = data.Path });
        for (var round = 0; round < 5; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("S3"));
            await UseAsync(loads, package, settings, server.Port);
            await loads.UntilCollectedAsync(package);
        }
    }

    private static async Task UseAsync(Loads loads, Loads.Package package, string settings, int port)
    {
        await using var share = await loads.AcquireAsync(package);
        await CallAsync("put", """{"key":"a","content":"text"}""");
        Assert.Contains("text", await CallAsync("get", """{"key":"a"}"""), StringComparison.Ordinal);
        Assert.Contains("\"a\"", await CallAsync("list", "{}"), StringComparison.Ordinal);
        await CallAsync("head", """{"key":"a"}""");
        await CallAsync("delete", """{"key":"a"}""");
        await CallAsync("download", """{"key":"a","path":"small"}""");
        await CallAsync("upload", """{"key":"a","path":"small"}""");
        await CallAsync("upload", """{"key":"a","path":"large"}""");

        Task<string> CallAsync(string action, string input) => Loads.CallAsync(share, action, input, settings, "127.0.0.1", port);
    }
}
