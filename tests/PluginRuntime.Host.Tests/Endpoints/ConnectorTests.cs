using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class ConnectorTests(RunningHost host)
{
    [Fact]
    public async Task List_TellsWhatThereIs()
    {
        var list = await host.Client.GetJsonAsync("api/connectors");

        Assert.Equal(["demo", "files", "http", "postgres", "rabbitmq", "s3", "smtp", "sqlite", "stubborn"], list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        var demo = list.GetProperty("items")[0];
        Assert.True(demo.GetProperty("builtIn").GetBoolean());
        Assert.Equal(["echo", "time", "slow"], demo.GetProperty("actions").EnumerateArray().Select(action => action.GetString()));
        Assert.Equal(0, list.GetProperty("problems").GetArrayLength());
    }

    [Theory]
    [InlineData("custom=true", "stubborn")]
    [InlineData("custom=false", "demo,files,http,postgres,rabbitmq,s3,smtp,sqlite")]
    [InlineData("search=SQL", "postgres,sqlite")]
    [InlineData("category=demo", "demo")]
    [InlineData("search=nothing", "")]
    public async Task List_Filtered_ListsMatches(string query, string ids)
    {
        var list = await host.Client.GetJsonAsync($"api/connectors?{query}");

        Assert.Equal(ids, string.Join(",", list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString())));
    }

    [Fact]
    public async Task List_InPages_ListsEachOnce()
    {
        var ids = new List<string?>();
        string? cursor = null;
        do
        {
            var page = await host.Client.GetJsonAsync("api/connectors?limit=1" + (cursor is null ? "" : $"&cursor={cursor}"));
            ids.Add(page.GetProperty("items").EnumerateArray().Single().GetProperty("id").GetString());
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(["demo", "files", "http", "postgres", "rabbitmq", "s3", "smtp", "sqlite", "stubborn"], ids);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=ten")]
    [InlineData("limit=1&limit=2")]
    [InlineData("custom=maybe")]
    [InlineData("cursor=%21")]
    [InlineData("sort=name")]
    public async Task List_BadQuery_IsRefused(string query) =>
        await (await host.Client.SendAsync(HttpMethod.Get, $"api/connectors?{query}")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");

    [Theory]
    [InlineData("api/connectors/demo")]
    [InlineData("api/connectors/demo/versions/1.0.0")]
    public async Task Show_ReturnsTheManifestAndItsSource(string path)
    {
        var manifest = await host.Client.GetJsonAsync(path);

        Assert.Equal("demo", manifest.GetProperty("id").GetString());
        Assert.Equal("1.0.0", manifest.GetProperty("version").GetString());
        Assert.Equal(3, manifest.GetProperty("actions").GetArrayLength());
        Assert.NotEmpty(manifest.GetProperty("source").GetString()!);
        Assert.True(manifest.GetProperty("builtIn").GetBoolean());
    }

    [Theory]
    [InlineData("api/connectors/nothing", HttpStatusCode.NotFound, "connector.unknown")]
    [InlineData("api/connectors/demo/versions/9.0.0", HttpStatusCode.NotFound, "version.unknown")]
    [InlineData("api/connectors/demo/versions/one", HttpStatusCode.BadRequest, "version.invalid")]
    [InlineData("api/nothing", HttpStatusCode.NotFound, "route.unknown")]
    [InlineData("nothing", HttpStatusCode.NotFound, "route.unknown")]
    [InlineData("api/operations/none", HttpStatusCode.NotFound, "operation.unknown")]
    public async Task Show_Unknown_IsAProblem(string path, HttpStatusCode status, string code) =>
        await (await host.Client.SendAsync(HttpMethod.Get, path)).ProblemAsync(status, code);

    [Fact]
    public async Task Request_WrongMethod_IsAProblem()
    {
        var response = await host.Client.SendAsync(HttpMethod.Patch, "api/connectors");

        await response.ProblemAsync(HttpStatusCode.MethodNotAllowed, "method.not-allowed");
        Assert.Equal(["GET"], response.Content.Headers.Allow);
    }
}
