using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(SourcesHost.Name)]
public sealed class PackageTests(SourcesHost host)
{
    [Fact]
    public async Task Post_DryRun_SaysWhatWouldBeTakenAndTakesNothing()
    {
        var plan = await (await host.Client.PostAsync("api/packages?dryRun=true", """{"id":"made.alpha","version":"^1.0"}""")).JsonAsync();

        Assert.Equal("""{"id":"made.alpha","version":"1.10.0","source":"feed","installed":false,"instances":[],"changes":[],"problem":null}""", plan.GetRawText());
        Assert.DoesNotContain(await ItemsAsync(), item => Text(item, "id") == "made.alpha");
    }

    [Fact]
    public async Task Post_ThenDelete_InstallsAndRemoves()
    {
        var operation = await host.Client.EndOfAsync(await host.Client.PostAsync("api/packages", """{"id":"folder.one","version":"*"}"""));

        Assert.Equal(("install", "succeeded", "1.0.0"), (Text(operation, "kind"), Text(operation, "status"), Text(operation, "to")));
        Assert.Equal(["choose", "install"], operation.GetProperty("phases").EnumerateArray().Select(phase => Text(phase, "name")));
        var item = Assert.Single(await ItemsAsync(), item => Text(item, "id") == "folder.one");
        Assert.Equal(("feed", "folder"), (Text(item, "origin"), Text(item, "source")));
        var offer = (await host.Client.GetJsonAsync("api/marketplace?search=folder.one")).GetProperty("items")[0];
        Assert.Equal("""["1.0.0"]""", offer.GetProperty("installed").GetRawText());
        Assert.NotEqual(0, offer.GetProperty("actions").GetArrayLength());
        Assert.Equal("none", Text(offer, "auth"));

        await (await host.Client.SendAsync(HttpMethod.Delete, "api/packages/folder.one/1.0.0")).JsonAsync();
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/packages/folder.one/1.0.0")).ProblemAsync(HttpStatusCode.NotFound, "package.unknown");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/packages/folder.one/1")).ProblemAsync(HttpStatusCode.BadRequest, "version.invalid");
    }

    [Theory]
    [InlineData("""{"id":"made.none","version":"*"}""", HttpStatusCode.NotFound, "package.unknown")]
    [InlineData("""{"id":"nobodys","version":"*"}""", HttpStatusCode.NotFound, "package.unknown")]
    [InlineData("""{"id":"made.alpha","version":"^7"}""", HttpStatusCode.Conflict, "package.unmatched")]
    [InlineData("""{"id":"gone.one","version":"*"}""", HttpStatusCode.ServiceUnavailable, "source.unreachable")]
    [InlineData("""{"id":"made.alpha","version":"one"}""", HttpStatusCode.BadRequest, "request.invalid")]
    [InlineData("""{"id":"../made.alpha","version":"*"}""", HttpStatusCode.BadRequest, "request.invalid")]
    [InlineData("""{"id":"made.alpha"}""", HttpStatusCode.BadRequest, "request.invalid")]
    public async Task Post_Impossible_TellsWhy(string body, HttpStatusCode status, string code)
    {
        await (await host.Client.PostAsync("api/packages?dryRun=true", body)).ProblemAsync(status, code);

        var answer = await host.Client.PostAsync("api/packages", body);
        if (status == HttpStatusCode.BadRequest)
        {
            await answer.ProblemAsync(status, code);
            return;
        }

        var operation = await host.Client.EndOfAsync(answer);
        Assert.Equal(("failed", code), (Text(operation, "status"), Text(operation, "code")));
    }

    [Fact]
    public async Task Poll_NobodyNeedsAnything_EndsWell()
    {
        var operation = await host.Client.EndOfAsync(await host.Client.PostAsync("api/packages/poll"));

        Assert.Equal(("poll", "succeeded"), (Text(operation, "kind"), Text(operation, "status")));
        Assert.Equal(["ask", "settle"], operation.GetProperty("phases").EnumerateArray().Select(phase => Text(phase, "name")));
    }

    private async Task<IReadOnlyList<JsonElement>> ItemsAsync() => [.. (await host.Client.GetJsonAsync("api/packages?limit=200")).GetProperty("items").EnumerateArray()];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
