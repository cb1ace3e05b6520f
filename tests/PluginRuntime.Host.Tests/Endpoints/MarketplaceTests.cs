using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(SourcesHost.Name)]
public sealed class MarketplaceTests(SourcesHost host)
{
    [Fact]
    public async Task Get_OneSourceIsDown_ListsTheConnectorsOfTheOthersByTheirPatterns()
    {
        var answer = await host.Client.GetJsonAsync("api/marketplace");

        var items = answer.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(
            ["folder.one 1.0.0 folder", "made.alpha 2.0.0-beta feed", "made.beta 1.0.0 feed"],
            items.Select(item => $"{Text(item, "id")} {Text(item, "version")} {Text(item, "source")}"));
        Assert.Equal(["2.0.0-beta", "1.10.0", "1.9.0"], items[1].GetProperty("versions").EnumerateArray().Select(version => version.GetString()));
        Assert.All(items, item => Assert.Equal("Made by a test.", Text(item, "description")));
        Assert.All(items, item => Assert.Equal(0, item.GetProperty("installed").GetArrayLength()));
        Assert.Equal(["null null", "\"api_key\" [\"now\",\"soon\"]", "null null"], items.Select(item => $"{item.GetProperty("auth").GetRawText()} {item.GetProperty("actions").GetRawText()}"));
        var problem = Assert.Single(answer.GetProperty("problems").EnumerateArray());
        Assert.Equal(("down", "source.unreachable"), (Text(problem, "source"), Text(problem, "code")));
    }

    [Theory]
    [InlineData("?search=ALPHA", "made.alpha")]
    [InlineData("?search=folder", "folder.one")]
    [InlineData("?search=library", "")]
    [InlineData("?search=no%26such", "")]
    [InlineData("?limit=1", "folder.one")]
    public async Task Get_Searched_FindsPartsOfTexts(string query, string expected)
    {
        var items = (await host.Client.GetJsonAsync("api/marketplace" + query)).GetProperty("items").EnumerateArray();

        Assert.Equal(expected, string.Join(' ', items.Select(item => Text(item, "id"))));
    }

    [Fact]
    public async Task Get_Page_GoesOnAtItsCursor()
    {
        var cursor = Text(await host.Client.GetJsonAsync("api/marketplace?limit=2"), "nextCursor");

        var next = await host.Client.GetJsonAsync($"api/marketplace?limit=2&cursor={cursor}");

        Assert.Equal("made.beta", Text(Assert.Single(next.GetProperty("items").EnumerateArray()), "id"));
        Assert.Equal(JsonValueKind.Null, next.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task Get_SourcesMisbehave_TellsOfEachAndListsTheRest()
    {
        using var directory = new HostDirectory();
        var folder = Directory.CreateDirectory(Path.Combine(directory.Path, "packages")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "probe.1.0.0.nupkg"), TestPackages.Connector(ConnectorFolder.Probe));
        await File.WriteAllBytesAsync(Path.Combine(folder, "torn.1.0.0.nupkg"), TestPackages.Connector(ConnectorFolder.Probe)[..500]);
        await using var refusing = new LoopbackFeed { Fault = FeedFault.Status(401) };
        await using var failing = new LoopbackFeed { Fault = FeedFault.Status(500), FaultAt = request => request.Path == "/search" };
        await using var page = new LoopbackFeed { Fault = FeedFault.Html };
        await using var empty = new LoopbackFeed { Fault = FeedFault.EmptyJson };
        using var own = await HostProgram.StartAsync(
            directory,
            SourceSettings.Of(
                ("folder", folder, "*"), ("missing", folder + "-not", "*"), ("refusing", refusing.Index, "*"), ("failing", failing.Index, "*"),
                ("page", page.Index, "*"), ("empty", empty.Index, "*")));
        using var client = own.Client(directory);

        var answer = await client.GetJsonAsync("api/marketplace");

        Assert.Equal("probe", Text(Assert.Single(answer.GetProperty("items").EnumerateArray()), "id"));
        Assert.Equal(
            ["folder package.archive", "missing source.unreachable", "refusing source.unauthorized", "failing source.failed", "page source.invalid", "empty source.invalid"],
            answer.GetProperty("problems").EnumerateArray().Select(problem => $"{Text(problem, "source")} {Text(problem, "code")}"));
    }

    [Fact]
    public async Task Get_SourceIsSilent_WaitsNoLongerThanItsBudget()
    {
        using var directory = new HostDirectory();
        await using var silent = new LoopbackFeed { Fault = FeedFault.HangAtAccept };
        using var own = await HostProgram.StartAsync(
            directory, [.. SourceSettings.Of(("silent", silent.Index, "*")), new("PluginRuntime__Packages__Budget", "2s")]);
        using var client = own.Client(directory);

        var answer = await client.GetJsonAsync("api/marketplace");

        Assert.Equal("source.timeout", Text(Assert.Single(answer.GetProperty("problems").EnumerateArray()), "code"));
    }

    [Fact]
    public async Task Get_TwoSourcesOfferOneId_ListsBothAndSaysSo()
    {
        using var directory = new HostDirectory();
        await using var one = new LoopbackFeed(TestPackages.Connector(ConnectorFolder.Probe));
        await using var two = new LoopbackFeed(TestPackages.Connector(ConnectorFolder.Probe, new() { Version = "1.1.0" }));
        using var own = await HostProgram.StartAsync(directory, SourceSettings.Of(("one", one.Index, "*"), ("two", two.Index, "*")));
        using var client = own.Client(directory);

        var answer = await client.GetJsonAsync("api/marketplace");

        Assert.Equal(["1.0.0 one", "1.1.0 two"], answer.GetProperty("items").EnumerateArray().Select(item => $"{Text(item, "version")} {Text(item, "source")}"));
        Assert.Equal("source.conflict", Text(Assert.Single(answer.GetProperty("problems").EnumerateArray()), "code"));
    }

    [Fact]
    public async Task Get_WrongQuery_IsAProblem()
    {
        await (await host.Client.SendAsync(HttpMethod.Get, "api/marketplace?text=x")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        await (await host.Client.SendAsync(HttpMethod.Get, $"api/marketplace?search={new string('x', 201)}")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
