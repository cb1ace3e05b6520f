using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpPathTests
{
    /// <summary>Tries to get from <c>/api/v1</c> to another path of the server, or to another server.</summary>
    public static TheoryData<string> Escapes =>
    [
        "/..", "/../", "/../admin", "/a/../../admin", "/a/..", "/.", "/./admin", "/a/./b", "..", "../admin", "admin", " /admin",
        "/%2e%2e/admin", "/%2E%2E/admin", "/.%2e/admin", "/%2e./admin", "/%2e/admin", "/a%2f..%2fadmin", "/..%2fadmin", "/..%2Fadmin",
        "/%2e%2e%2fadmin", "/%252e%252e/admin", "/%252e%252e%252fadmin", "/%25252e%25252e/admin", "/..%252fadmin", "/..%5cadmin", "/..%255cadmin",
        "/..\\admin", "\\admin", "/\\evil.example", "/\\\\evil.example", "//evil.example", "//evil.example/../", "///evil.example", "/%2fevil.example",
        "/%2f%2fevil.example", "/%5cevil.example", "http://evil.example/", "https://evil.example", "HTTP://evil.example/", "file:///etc/passwd", "javascript:x",
        "@evil.example/", ":80@evil.example", ".evil.example", "/..;/admin", "/..;x=1/admin", "/.;/admin", "/%2e%2e;/admin", "/..%3b/admin", "/..%3fx/admin",
        "/..%23x/admin", "/a?/../admin", "/a?x=1", "/a#b", "/a#/../admin", "/..%00/admin", "/a%00b", "/..%0d%0a/admin", "/a\r\nHost: evil", "/a\nb", "/a\tb", "/a\0b",
        "/a%0d%0aX: y", "/a%250d%250aX: y", "/.. /admin", "/..%20/admin", "/ ../admin", "/.%20./admin", "/\u00A0../admin", "/.../admin", "/..../admin",
        "/\uFF0E\uFF0E/admin", "/\u2024\u2024/admin", "/\u2025/admin", "/\uFE52\uFE52/admin", "/\uFF61\uFF61/admin", "/..\uFF0Fadmin", "/..\u2215admin", "/..\u2044admin",
        "/..\uFF3Cadmin", "/..\u2216admin", "/\uFF0Fevil.example", "/%EF%BC%8E%EF%BC%8E/admin", "/..%EF%BC%8Fadmin", "/..\uFF1B/admin", "/%25EF%25BC%258E./admin",
        "/%c0%ae%c0%ae/admin", "/..%c0%afadmin", "/%e0%80%ae%e0%80%ae/admin", "/%f0%80%80%ae./admin", "/%u002e%u002e/admin", "/%", "/%2", "/%zz", "/%2x", "/a%",
        "/%2525252525252525252e%2525252525252525252e/admin", "/" + new string('a', 4096), "/\u0085", "/\u007F", "/%7f", "/%C2%85",
    ];

    [Theory]
    [MemberData(nameof(Escapes))]
    public async Task Request_PathThatLeaves_IsInputAndNeverSent(string path)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url + "/api/v1");

        foreach (var failure in new[] { await http.FailAsync(new { method = "POST", path }), await http.FailGetAsync(path) })
        {
            Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
            Assert.False(failure.WasSent);
            Assert.StartsWith("'path' ", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("evil", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("", "/api/v1")]
    [InlineData("/", "/api/v1/")]
    [InlineData("/users/7", "/api/v1/users/7")]
    [InlineData("/users/", "/api/v1/users/")]
    [InlineData("/a//b", "/api/v1/a//b")]
    [InlineData("/a.b/..c/d../.e", "/api/v1/a.b/..c/d../.e")]
    [InlineData("/compare/main...dev", "/api/v1/compare/main...dev")]
    [InlineData("/projects/group%2Fproject", "/api/v1/projects/group%2Fproject")]
    [InlineData("/%41%7e%2D", "/api/v1/%41%7e%2D")]
    [InlineData("/100%25", "/api/v1/100%25")]
    [InlineData("/@me;v=1,2:x/$batch/(1)!*'&=+~_-", "/api/v1/@me;v=1,2:x/$batch/(1)!*'&=+~_-")]
    [InlineData("/a b/ü/😀", "/api/v1/a%20b/%C3%BC/%F0%9F%98%80")]
    [InlineData("/\"<>[]^`{|}", "/api/v1/%22%3C%3E%5B%5D%5E%60%7B%7C%7D")]
    [InlineData("/${env:PATH}", "/api/v1/$%7Benv:PATH%7D")]
    [InlineData("/http:/evil.example/", "/api/v1/http:/evil.example/")]
    public async Task Request_PathBelowTheBase_IsSentAsItIs(string path, string target)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url + "/api/v1");

        await http.GetAsync(path);

        Assert.Equal(target, server.Only.Target);
        Assert.Equal([$"127.0.0.1:{server.Port}"], server.Only.Values("Host"));
    }

    [Theory]
    [InlineData("", "", "/")]
    [InlineData("/", "", "/")]
    [InlineData("", "/a", "/a")]
    [InlineData("/", "/a", "/a")]
    [InlineData("/v1/", "", "/v1/")]
    [InlineData("/v1/", "/a", "/v1/a")]
    [InlineData("/a/../v1", "/x", "/v1/x")]
    [InlineData("/v%201", "/x", "/v%201/x")]
    [InlineData("/[v]", "/x", "/%5Bv%5D/x")]
    public async Task Request_AnyBasePath_IsPutBefore(string basePath, string path, string target)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url + basePath);

        await http.RequestAsync(new { method = "GET", path });

        Assert.Equal(target, server.Only.Target);
    }

    [Fact]
    public async Task Request_Query_IsEncoded()
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url + "/v1");

        await http.RequestAsync(new
        {
            method = "GET",
            path = "/s",
            query = new Dictionary<string, object?>
            {
                ["q"] = "a b&c=d#e?/..%2e+ü\r\n",
                ["n"] = 1.50m,
                ["yes"] = true,
                ["none"] = null,
                ["many"] = new object[] { "x", 2, false },
                ["a&b="] = "",
                ["empty"] = Array.Empty<string>(),
            },
        });

        Assert.Equal("/v1/s?q=a%20b%26c%3Dd%23e%3F%2F..%252e%2B%C3%BC%0D%0A&n=1.50&yes=true&many=x&many=2&many=false&a%26b%3D=", server.Only.Target);
    }

    [Theory]
    [InlineData("""{"method":"GET","path":"/","query":{"q":{"a":1}}}""")]
    [InlineData("""{"method":"GET","path":"/","query":{"q":[[1]]}}""")]
    public async Task Request_QueryOfOtherShape_IsInput(string input)
    {
        await using var server = new HttpServer();
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var failure = await http.FailAsync(System.Text.Json.Nodes.JsonNode.Parse(input)!);

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Request_LongQuery_IsInput()
    {
        await using var http = await HttpFixture.OpenAsync("http://127.0.0.1:9");

        var failure = await http.FailAsync(new { method = "GET", path = "/", query = new { q = new string('a', 16 * 1024) } });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
    }
}
