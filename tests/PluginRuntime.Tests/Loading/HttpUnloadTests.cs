using System.Text.Json;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Tests.Loading;

public sealed class HttpUnloadTests
{
    [Fact]
    public async Task Unload_UsedOnAServer_IsCollectedTwentyTimes()
    {
        await using var loads = new Loads();
        await using var server = new HttpServer();
        for (var round = 0; round < 20; round++)
        {
            var package = loads.Make(FixturePackages.BuiltPlugin("Http"));
            await UseAsync(loads, package, JsonSerializer.Serialize(new { baseUrl = server.Url }));
            await loads.UntilCollectedAsync(package);
        }

        Assert.Equal(40, server.Requests.Count);
    }

    /// <summary>What goes wrong leaves more behind than what goes well: a broken socket, a response that was not read, a connection that never came.</summary>
    [Fact]
    public async Task Unload_AfterFailures_IsCollected()
    {
        await using var loads = new Loads();
        await using var server = new HttpServer(request => request.Target == "/broken" ? HttpServer.Reply.Raw("") : HttpServer.Reply.Of(500, new string('a', 4_000_000)));
        var package = loads.Make(FixturePackages.BuiltPlugin("Http"));
        await FailAsync(loads, package, server.Url, "/broken");
        await FailAsync(loads, package, server.Url, "/long");
        await FailAsync(loads, package, "http://127.0.0.1:1", "/");

        // Off the stack of the last call, which has its exception.
        await Task.Yield();
        await loads.UntilCollectedAsync(package);
    }

    private static async Task UseAsync(Loads loads, Loads.Package package, string settings)
    {
        await using var share = await loads.AcquireAsync(package);
        var got = JsonElement.Parse(await Loads.CallAsync(share, "get", """{"path":"/a","query":{"q":1}}""", settings));
        Assert.Equal(200, got.GetProperty("status").GetInt32());
        var posted = JsonElement.Parse(await Loads.CallAsync(share, "request", """{"method":"POST","path":"/b","body":{"a":1}}""", settings));
        Assert.Equal("{}", posted.GetProperty("body").GetRawText());
    }

    private static async Task FailAsync(Loads loads, Loads.Package package, string baseUrl, string path)
    {
        await using var share = await loads.AcquireAsync(package);
        var exception = await Record.ExceptionAsync(
            () => Loads.CallAsync(share, "get", JsonSerializer.Serialize(new { path }), JsonSerializer.Serialize(new { baseUrl })));
        Assert.IsType<PluginRuntime.Sdk.ConnectorException>(exception);
    }
}
