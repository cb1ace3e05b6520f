using System.Net;
using System.Security.Cryptography;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.S3;

/// <summary>Every action on a real server.</summary>
[Collection(SwiftShared.Name)]
public sealed class S3ActionTests(SwiftShared shared)
{
    private SwiftServer Server => shared.Server;

    [SwiftFact]
    public async Task PutGetHeadDelete_Text_AsWritten()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);

        var put = await s3.CallAsync("put", new { key = "a/Grüße 1+2.txt", content = "Hallo Åse", metadata = new Dictionary<string, string> { ["made-by"] = "a test" } });
        var get = await s3.CallAsync("get", new { key = "a/Grüße 1+2.txt" });
        var head = await s3.CallAsync("head", new { key = "a/Grüße 1+2.txt" });
        await s3.CallAsync("delete", new { key = "a/Grüße 1+2.txt" });
        await s3.CallAsync("delete", new { key = "a/Grüße 1+2.txt" });

        Assert.Equal("Hallo Åse", get.GetProperty("content").GetString());
        Assert.Equal((10, 10), (get.GetProperty("size").GetInt64(), get.GetProperty("length").GetInt32()));
        Assert.Equal("text/plain; charset=utf-8", get.GetProperty("contentType").GetString());
        Assert.Equal("a test", get.GetProperty("metadata").GetProperty("made-by").GetString());
        Assert.Equal("a test", head.GetProperty("metadata").GetProperty("made-by").GetString());
        Assert.Equal(10, head.GetProperty("size").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, "Hallo Åse"u8)), put.GetProperty("etag").GetString());
        Assert.Equal(put.GetProperty("etag").GetString(), get.GetProperty("etag").GetString());
        Assert.Equal(put.GetProperty("etag").GetString(), head.GetProperty("etag").GetString());
        Assert.Equal(head.GetProperty("modified").GetDateTimeOffset(), get.GetProperty("modified").GetDateTimeOffset());
        var failure = await s3.FailAsync("get", new { key = "a/Grüße 1+2.txt" });
        Assert.Equal((ConnectorErrorKind.NotFound, false), (failure.Kind, failure.WasSent));
    }

    [SwiftTheory]
    [InlineData(0, 3, "abc")]
    [InlineData(2, 3, "cde")]
    [InlineData(4, 100, "ef")]
    [InlineData(6, null, "")]
    [InlineData(1_000_000_000_000, null, "")]
    [InlineData(3, 0, "")]
    [InlineData(0, null, "abcdef")]
    public async Task Get_Range_GivesThat(long offset, int? length, string content)
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        await s3.PutAsync("range", "abcdef");

        var get = await s3.CallAsync("get", new { key = "range", offset, length });

        Assert.Equal(content, get.GetProperty("content").GetString());
        Assert.Equal(6, get.GetProperty("size").GetInt64());
        Assert.Equal(32, get.GetProperty("etag").GetString()!.Length);
    }

    [SwiftFact]
    public async Task PutAndGet_Bytes_AreThoseAndTextIsRefused()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        var content = Convert.ToBase64String([0, 255, 128, 10]);

        await s3.CallAsync("put", new { key = "bytes", content, encoding = "base64" });

        Assert.Equal(content, (await s3.CallAsync("get", new { key = "bytes", encoding = "base64" })).GetProperty("content").GetString());
        Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("get", new { key = "bytes" })).Kind);
        await s3.PutAsync("bytes", "");
        Assert.Equal("", await s3.GetAsync("bytes"));
    }

    [SwiftFact]
    public async Task GetAndPut_MoreThanInline_NameTheWayOut()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port, new { maxInlineBytes = 4 });
        await using var large = await S3Fixture.CreateAsync(Server.Port);
        await large.PutAsync("large", "abcdef");

        var get = await s3.FailAsync("get", new { key = "large" });
        var put = await s3.FailAsync("put", new { key = "large", content = "12345" });

        Assert.Equal(ConnectorErrorKind.Input, get.Kind);
        Assert.Contains("'offset'", get.Message, StringComparison.Ordinal);
        Assert.Contains("'download'", get.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectorErrorKind.Input, put.Kind);
        Assert.Contains("'upload'", put.Message, StringComparison.Ordinal);
        Assert.Equal("cdef", (await s3.CallAsync("get", new { key = "large", offset = 2 })).GetProperty("content").GetString());
    }

    [SwiftFact]
    public async Task List_Tree_InPagesAndByLevel()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        string[] keys = ["list/a&b", "list/c d+e%20", "list/d/1", "list/d/2", "list/z/ü", "list/~"];
        foreach (var key in keys)
        {
            await s3.PutAsync(key, "x");
        }

        var found = new List<string?>();
        string? after = null;
        do
        {
            var page = await s3.CallAsync("list", new { prefix = "list/", limit = 2, after });
            found.AddRange(page.GetProperty("objects").EnumerateArray().Select(each => each.GetProperty("key").GetString()));
            after = page.GetProperty("nextAfter").GetString();
        }
        while (after is not null);

        var level = await s3.CallAsync("list", new { prefix = "list/", delimiter = "/" });
        Assert.Equal(keys, found);
        Assert.Equal(["list/d/", "list/z/"], level.GetProperty("prefixes").EnumerateArray().Select(each => each.GetString()));
        Assert.Equal(["list/a&b", "list/c d+e%20", "list/~"], level.GetProperty("objects").EnumerateArray().Select(each => each.GetProperty("key").GetString()));
        Assert.Equal(1, level.GetProperty("objects")[0].GetProperty("size").GetInt64());
        Assert.Empty((await s3.CallAsync("list", new { prefix = "nothing/" })).GetProperty("objects").EnumerateArray());
    }

    [SwiftTheory]
    [InlineData("a//b")]
    [InlineData("a/b/")]
    [InlineData(" a ")]
    [InlineData("a?b=c&d#e")]
    [InlineData("a%2Fb")]
    [InlineData("a%2e%2e/b")]
    [InlineData("a\\b")]
    [InlineData("a;b:c,d'e\"f<g>h*i|j{k}l[m]")]
    [InlineData("...")]
    [InlineData("日本語/🙂")]
    public async Task Key_WhateverItIs_IsThatKey(string key)
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);

        await s3.PutAsync(key, key);

        Assert.Equal(key, await s3.GetAsync(key));
        var listed = await s3.CallAsync("list", new { prefix = key });
        Assert.Equal(key, listed.GetProperty("objects")[0].GetProperty("key").GetString());
        var link = await s3.CallAsync("presign", new { key });
        using var client = new HttpClient();
        Assert.Equal(key, await client.GetStringAsync(new Uri(link.GetProperty("url").GetString()!, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })));
        await s3.CallAsync("delete", new { key });
    }

    [SwiftTheory]
    [InlineData("../other/x")]
    [InlineData("a/../../other/x")]
    [InlineData("./a")]
    [InlineData("a/..")]
    [InlineData("a\\..\\b")]
    [InlineData("/a")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public async Task Key_ThatCouldBecomeAnother_IsRefused(string key)
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        foreach (var (action, input) in new (string, object)[]
        {
            ("get", new { key }), ("put", new { key, content = "" }), ("head", new { key }), ("delete", new { key }), ("presign", new { key }),
            ("download", new { key, path = "x" }), ("upload", new { key, path = "x" }),
        })
        {
            Assert.Equal((action, ConnectorErrorKind.Input), (action, (await s3.FailAsync(action, input)).Kind));
        }
    }

    [SwiftFact]
    public async Task Presign_GetAndPut_WorkWithoutCredentials()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        using var client = new HttpClient();
        var put = await s3.CallAsync("presign", new { key = "linked", method = "PUT", expires = "1h" });
        var get = await s3.CallAsync("presign", new { key = "linked" });

        using var content = new ByteArrayContent("by link"u8.ToArray());
        using var answer = await client.PutAsync(new Uri(put.GetProperty("url").GetString()!), content);
        var text = await client.GetStringAsync(new Uri(get.GetProperty("url").GetString()!));
        using var wrong = await client.DeleteAsync(new Uri(get.GetProperty("url").GetString()!));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("by link", text);
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        Assert.DoesNotContain(SwiftServer.SecretKey, put.GetRawText(), StringComparison.Ordinal);
        Assert.InRange(put.GetProperty("expiresAt").GetDateTimeOffset() - get.GetProperty("expiresAt").GetDateTimeOffset(), TimeSpan.FromMinutes(44), TimeSpan.FromMinutes(46));
        Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("presign", new { key = "linked", expires = "169h" })).Kind);
        Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("presign", new { key = "linked", expires = "0s" })).Kind);
    }

    [SwiftTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024 * 1024)]
    [InlineData((16 * 1024 * 1024) + 1)]
    [InlineData(30_000_000)]
    public async Task UploadAndDownload_File_IsTheSame(int size)
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        var source = s3.Put("source", size);

        var up = await s3.CallAsync("upload", new { path = "source", key = $"file-{size}", contentType = "x/y" });
        var down = await s3.CallAsync("download", new { key = $"file-{size}", path = "a/b/copy", createDirectories = true });

        Assert.Equal(size, up.GetProperty("size").GetInt64());
        Assert.Equal(size, down.GetProperty("size").GetInt64());
        Assert.Equal(await File.ReadAllBytesAsync(source), await File.ReadAllBytesAsync(Path.Combine(s3.Folder, "a/b/copy")));
        Assert.Equal(["copy"], Directory.EnumerateFileSystemEntries(Path.Combine(s3.Folder, "a/b")).Select(Path.GetFileName));
        Assert.Equal("x/y", (await s3.CallAsync("head", new { key = $"file-{size}" })).GetProperty("contentType").GetString());
    }

    [SwiftFact]
    public async Task Transfer_OutOfTheDirectory_IsRefused()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        await s3.PutAsync("loot", "x");
        File.CreateSymbolicLink(Path.Combine(s3.Folder, "link"), "/etc");
        foreach (var path in new[] { "../x", "/etc/passwd", "link/passwd", "link", "a/../../x" })
        {
            Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("download", new { key = "loot", path })).Kind);
            Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("upload", new { key = "loot", path })).Kind);
        }

        Assert.Equal(ConnectorErrorKind.NotFound, (await s3.FailAsync("upload", new { key = "loot", path = "none" })).Kind);
        Assert.Equal(ConnectorErrorKind.NotFound, (await s3.FailAsync("download", new { key = "none", path = "new" })).Kind);
        Assert.Equal(["link"], Directory.EnumerateFileSystemEntries(s3.Folder).Select(Path.GetFileName));
        await using var without = await S3Fixture.CreateAsync(Server.Port, new { directory = (string?)null });
        Assert.Contains("'directory'", (await without.FailAsync("upload", new { key = "loot", path = "x" })).Message, StringComparison.Ordinal);
    }

    [SwiftFact]
    public async Task Upload_Cancelled_LeavesNoPartsAtTheServer()
    {
        await using (var s3 = await S3Fixture.CreateAsync(Server.Port))
        {
            await using (var large = File.Create(Path.Combine(s3.Folder, "large")))
            {
                large.SetLength(2L * 1024 * 1024 * 1024);
            }

            using var cancellation = new CancellationTokenSource();
            var call = s3.CallAsync("upload", new { path = "large", key = "cancelled" }, cancellation.Token);
            await UntilAsync(async () => (await SegmentsAsync("cancelled/")).Length > 1);

            await cancellation.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

            // The end of the connector waits for what is taken back.
        }

        Assert.Empty(await SegmentsAsync("cancelled/"));
    }

    [SwiftFact]
    public async Task Call_Refused_FailsByKind()
    {
        await using var wrongSecret = await S3Fixture.CreateAsync(Server.Port, credentials: new BasicCredentials(SwiftServer.AccessKey, "wrong"));
        await using var wrongKey = await S3Fixture.CreateAsync(Server.Port, credentials: new BasicCredentials("nobody:x", "wrong"));
        await using var noSecret = await S3Fixture.CreateAsync(Server.Port, credentials: new BasicCredentials(SwiftServer.AccessKey, null));
        await using var anonymous = await S3Fixture.CreateAsync(Server.Port, credentials: NoCredentials.Instance);
        await using var noBucket = await S3Fixture.CreateAsync(Server.Port, new { bucket = "no-such-bucket" });
        await using var tls = await S3Fixture.CreateAsync(Server.Port, new { tls = true });

        Assert.Equal((ConnectorErrorKind.Auth, false), await KindAsync(wrongSecret));
        Assert.Equal(ConnectorErrorKind.Auth, (await KindAsync(wrongKey)).Kind);
        Assert.Equal((ConnectorErrorKind.Auth, false), await KindAsync(noSecret));
        Assert.Equal((ConnectorErrorKind.NotFound, false), await KindAsync(noBucket));
        Assert.Equal((ConnectorErrorKind.Unavailable, false), await KindAsync(tls));
        Assert.Equal(ConnectorErrorKind.Input, (await anonymous.FailAsync("presign", new { key = "x" })).Kind);
        Assert.False((await noBucket.CheckAsync()).IsHealthy);
        Assert.False((await tls.CheckAsync()).IsHealthy);

        static async Task<(ConnectorErrorKind Kind, bool WasSent)> KindAsync(S3Fixture s3)
        {
            var failure = await s3.FailAsync("put", new { key = "x", content = "x" });
            return (failure.Kind, failure.WasSent);
        }
    }

    [SwiftFact]
    public async Task Put_MetadataThatNoHeaderCanCarry_IsRefused()
    {
        await using var s3 = await S3Fixture.CreateAsync(Server.Port);
        foreach (var (name, value) in new[] { ("A", "x"), ("a b", "x"), ("", "x"), ("a", "ü"), ("a", "x\r\nX-Evil: 1"), ("a", " x"), ("a", new string('x', 2048)) })
        {
            var failure = await s3.FailAsync("put", new { key = "meta", content = "x", metadata = new Dictionary<string, string> { [name] = value } });
            Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        }

        Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("put", new { key = "meta", content = "x", contentType = "a\r\nb" })).Kind);

        // This server has no conditional writes, and says so.
        Assert.Equal(ConnectorErrorKind.Input, (await s3.FailAsync("put", new { key = "meta", content = "x", ifNoneMatch = "*" })).Kind);
    }

    private async Task<string[]> SegmentsAsync(string prefix) =>
        [.. (await Server.ObjectsAsync(SwiftServer.Bucket + "+segments")).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
        }
    }
}
