using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class BoundPagingTests
{
    private const string ByPointer = """{"method":"GET","path":"/list","query":{"q":"{c}"},"paging":{"next":"/links/next~1url","items":"/data","maxPages":3}}""";
    private const string ByLink = """{"method":"GET","path":"/list","paging":{"next":"link"}}""";

    [Theory]
    [InlineData("SELF/v1/list?page=2")]
    [InlineData("/v1/list?page=2")]
    [InlineData("?page=2")]
    public async Task Call_NextInTheBody_IsFollowedWithTheCredential(string next)
    {
        await using var server = new HttpServer();
        server.Answer = request => HttpServer.Reply.Of(
            200,
            request.Target.EndsWith("page=2", StringComparison.Ordinal)
                ? """{"data":[3.0,{"x":null}],"links":{}}"""
                : $$$"""{"data":[1,"2"],"links":{"next/url":"{{{next.Replace("SELF", server.Url, StringComparison.Ordinal)}}}"}}""");
        await using var http = await BoundFixture.OpenAsync(server.Url + "/v1", ByPointer, new KeyCredentials("X-Key", "sesame"));

        var result = await http.CallAsync("""{"a":1,"b":1,"c":"x"}""");

        Assert.Equal("""[1,"2",3.0,{"x":null}]""", result.GetRawText());
        Assert.Equal(["/v1/list?q=x", "/v1/list?page=2"], server.Requests.Select(request => request.Target));
        Assert.All(server.Requests, request => Assert.Equal(["sesame"], request.Values("X-Key")));
    }

    [Theory]
    [InlineData("</v1/list?page=2>; rel=\"next\"")]
    [InlineData("</v1/a,b>; rel=\"prev\", </v1/list?page=2>; title=\"x, y\"; rel=\"last next\"")]
    [InlineData("</v1/list?page=2>;REL=Next, </v1/list?page=9>; rel=last")]
    public async Task Call_NextInTheHeader_IsFollowed(string link)
    {
        await using var server = new HttpServer();
        server.Answer = request => request.Target == "/v1/list"
            ? HttpServer.Reply.Of(200, "[1]", $"Link: {link}")
            : HttpServer.Reply.Of(200, "[2]", "Link: </v1/list>; rel=\"first\"");
        await using var http = await BoundFixture.OpenAsync(server.Url + "/v1", ByLink);

        Assert.Equal("[1,2]", (await http.CallAsync()).GetRawText());
        Assert.Equal("/v1/list?page=2", server.Requests[1].Target);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public async Task Call_NoNext_IsOnePage(string next)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, $$$"""{"data":[],"links":{"next/url":{{{next}}}}}"""));
        await using var http = await BoundFixture.OpenAsync(server.Url, ByPointer);

        Assert.Equal("[]", (await http.CallAsync()).GetRawText());
        Assert.Single(server.Requests);
    }

    /// <summary>A server that is not trusted with more than its own pages names another place.</summary>
    [Theory]
    [InlineData("OTHER/v1/list")]
    [InlineData("//OTHERHOST/v1/list")]
    [InlineData("https://127.0.0.1/v1/list")]
    [InlineData("/v2/list")]
    [InlineData("/v1/%2e%2e/list")]
    [InlineData("/v1x/list")]
    [InlineData("http://user@127.0.0.1/v1")]
    [InlineData("file:///etc/passwd")]
    public async Task Call_NextLeadsAway_IsABugAndNothingIsSentThere(string next)
    {
        await using var other = new HttpServer();
        await using var server = new HttpServer();
        var target = next.Replace("OTHERHOST", $"127.0.0.1:{other.Port}", StringComparison.Ordinal).Replace("OTHER", other.Url, StringComparison.Ordinal);
        server.Answer = _ => HttpServer.Reply.Of(200, $$$"""{"data":[1],"links":{"next/url":"{{{target}}}"}}""");
        await using var http = await BoundFixture.OpenAsync(server.Url + "/v1", ByPointer, new KeyCredentials("X-Key", "sesame"));

        Assert.Equal(ConnectorErrorKind.Bug, (await http.FailAsync()).Kind);
        Assert.Empty(other.Requests);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Call_MorePagesThanTheMost_IsInput()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, """{"data":[1],"links":{"next/url":"/list"}}"""));
        await using var http = await BoundFixture.OpenAsync(server.Url, ByPointer);

        var failure = await http.FailAsync();

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains("more than 3 pages", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Call_PagesAreTooLongTogether_IsABug()
    {
        var page = $$$"""{"data":["{{{new string('a', 4_000_000)}}}"],"links":{"next/url":"/list"}}""";
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, page));
        await using var http = await BoundFixture.OpenAsync(server.Url, ByPointer);

        var failure = await http.FailAsync();

        Assert.Equal(ConnectorErrorKind.Bug, failure.Kind);
        Assert.Contains("bytes", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":[],"links":{"next/url":5}}""")]
    [InlineData("5")]
    [InlineData("")]
    public async Task Call_PageIsNone_IsABug(string page)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, page));
        await using var http = await BoundFixture.OpenAsync(server.Url, ByPointer);

        Assert.Equal(ConnectorErrorKind.Bug, (await http.FailAsync()).Kind);
    }

    [Fact]
    public async Task Call_LaterPageFails_IsThatError()
    {
        await using var server = new HttpServer();
        server.Answer = request => request.Target == "/list" ? HttpServer.Reply.Of(200, """{"data":[1],"links":{"next/url":"/two"}}""") : HttpServer.Reply.Of(503);
        await using var http = await BoundFixture.OpenAsync(server.Url, ByPointer);

        Assert.Equal(ConnectorErrorKind.Unavailable, (await http.FailAsync()).Kind);
    }
}
