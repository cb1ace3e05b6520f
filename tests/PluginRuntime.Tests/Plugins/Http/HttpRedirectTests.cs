using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class HttpRedirectTests
{
    [Theory]
    [InlineData(301, "GET")]
    [InlineData(302, "GET")]
    [InlineData(303, "GET")]
    [InlineData(307, "GET")]
    [InlineData(308, "HEAD")]
    public async Task Request_RedirectBelowTheBase_IsFollowedWithHeadersAndCredential(int status, string method)
    {
        await using var server = new HttpServer();
        server.Answer = request => request.Target == "/v1/new?x=1" ? HttpServer.Reply.Of(200) : HttpServer.Reply.Of(status, "gone", "Location: /v1/new?x=1#part");
        var credentials = new KeyCredentials("X-Key", "sesame");
        await using var http = await HttpFixture.OpenAsync(server.Url + "/v1", credentials: credentials);

        var result = await http.RequestAsync(new { method, path = "/old", headers = new Dictionary<string, string> { ["X-A"] = "1" } });

        Assert.Equal(200, result.GetProperty("status").GetInt32());
        Assert.Equal(["/v1/old", "/v1/new?x=1"], server.Requests.Select(request => request.Target));
        Assert.All(server.Requests, request => Assert.Equal(["sesame"], request.Values("X-Key")));
        Assert.All(server.Requests, request => Assert.Equal(["1"], request.Values("X-A")));
        Assert.Equal(2, credentials.Asked);
    }

    [Theory]
    [InlineData("new", "/v1/new")]
    [InlineData("./new", "/v1/new")]
    [InlineData("a/../new", "/v1/new")]
    [InlineData("?page=2", "/v1/old?page=2")]
    [InlineData("SELF/v1/new", "/v1/new")]
    [InlineData("/v1", "/v1")]
    [InlineData("/v1/a%2Fb", "/v1/a%2Fb")]
    public async Task Get_RelativeRedirect_IsFollowed(string location, string target)
    {
        await using var server = new HttpServer();
        server.Answer = request => request.Target == "/v1/old"
            ? HttpServer.Reply.Of(302, "", $"Location: {location.Replace("SELF", server.Url, StringComparison.Ordinal)}")
            : HttpServer.Reply.Of(200);
        await using var http = await HttpFixture.OpenAsync(server.Url + "/v1");

        Assert.Equal(200, (await http.GetAsync("/old")).GetProperty("status").GetInt32());
        Assert.Equal(target, server.Requests[1].Target);
    }

    [Theory]
    [InlineData("OTHER/v1/old")]
    [InlineData("//127.0.0.1:PORT/v1/old")]
    [InlineData("http://localhost:PORT/v1/old")]
    [InlineData("https://127.0.0.1:SELFPORT/v1/new")]
    [InlineData("http://user@127.0.0.1:SELFPORT/v1/new")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("/")]
    [InlineData("/v2/new")]
    [InlineData("/v10/new")]
    [InlineData("/v1/../admin")]
    [InlineData("../admin")]
    [InlineData("/v1/%2e%2e/admin")]
    [InlineData("/v1/..%2fadmin")]
    [InlineData("/v1/%252e%252e/admin")]
    [InlineData("/v1/..;/admin")]
    [InlineData("\\\\127.0.0.1:PORT\\v1")]
    [InlineData("/\\127.0.0.1:PORT/v1")]
    [InlineData("file:///etc/passwd")]
    [InlineData("unix:/run/docker.sock")]
    [InlineData("http://[::1]:PORT/v1/new")]
    [InlineData("http://")]
    [InlineData("")]
    public async Task Get_RedirectThatLeaves_IsAnAnswerAndNotFollowed(string location)
    {
        await using var other = new HttpServer();
        await using var server = new HttpServer();
        var sent = location
            .Replace("OTHER", other.Url, StringComparison.Ordinal)
            .Replace("SELFPORT", $"{server.Port}", StringComparison.Ordinal)
            .Replace("PORT", $"{other.Port}", StringComparison.Ordinal);
        server.Answer = _ => HttpServer.Reply.Of(302, "", $"Location: {sent}");
        await using var http = await HttpFixture.OpenAsync(server.Url + "/v1", credentials: new KeyCredentials("X-Key", "sesame"));

        var result = await http.GetAsync("/old");

        Assert.Equal(302, result.GetProperty("status").GetInt32());
        Assert.Equal(sent, result.GetProperty("headers").GetProperty("location").GetString());
        Assert.Single(server.Requests);
        Assert.Equal(0, other.Connections);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("X-Api-Key")]
    [InlineData("X-Anything")]
    public async Task Get_RedirectInTwoSteps_NeverTakesTheCredentialAway(string header)
    {
        await using var other = new HttpServer();
        await using var server = new HttpServer();
        server.Answer = request => HttpServer.Reply.Of(302, "", request.Target == "/step" ? $"Location: {other.Url}/x" : "Location: /step");
        await using var http = await HttpFixture.OpenAsync(server.Url, credentials: new KeyCredentials(header, "sesame"));

        Assert.Equal(302, (await http.GetAsync("/")).GetProperty("status").GetInt32());

        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(0, other.Connections);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Request_RedirectOfAMethodThatIsNoGet_IsAnAnswer(string method)
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(307, "", "Location: /new"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(307, (await http.RequestAsync(new { method, path = "/old" })).GetProperty("status").GetInt32());
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Get_RedirectsWithoutEnd_StopAfterFive()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(302, "", "Location: /again"));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(302, (await http.GetAsync("/")).GetProperty("status").GetInt32());
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public async Task Get_RedirectWithoutLocation_IsAnAnswer()
    {
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(302));
        await using var http = await HttpFixture.OpenAsync(server.Url);

        Assert.Equal(302, (await http.GetAsync("/")).GetProperty("status").GetInt32());
    }
}
