using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

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
        Assert.All(items, item => Assert.Equal((0, JsonValueKind.Null, JsonValueKind.Null), (
            item.GetProperty("installed").GetArrayLength(), item.GetProperty("auth").ValueKind, item.GetProperty("actions").ValueKind)));
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
    public async Task Get_WrongQuery_IsAProblem()
    {
        await (await host.Client.SendAsync(HttpMethod.Get, "api/marketplace?text=x")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        await (await host.Client.SendAsync(HttpMethod.Get, $"api/marketplace?search={new string('x', 201)}")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
