using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>A manifest bound to an HTTP API, over REST alone.</summary>
public sealed class BoundConnectorTests
{
    [Fact]
    public async Task RegisterCallUpdateRestartDelete_UnderCallers_LoseNoCall()
    {
        using var directory = new HostDirectory();
        await using var api = new HttpServer(request => HttpServer.Reply.Of(200, $$"""{"asked":"{{request.Target}}"}""", "Content-Type: application/json"));
        using (var program = await HostProgram.StartAsync(directory))
        using (var client = program.Client(directory))
        {
            await (await client.PostAsync("api/connectors/register", Body(api.Url, "1.0.0"))).JsonAsync();
            await (await client.PutAsync("api/instances/users", """{"connector":"users","version":"^1.0","bake":{"time":"0s"}}""")).JsonAsync();
            await client.ConnectedAsync("users", "1.0.0");
            Assert.Equal("/1.0.0/users/a%2Fb?q=x", await AskAsync(client));
            using var stop = new CancellationTokenSource();
            var calls = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                var answers = new List<string>();
                while (!stop.IsCancellationRequested)
                {
                    answers.Add(await AskAsync(client));
                }

                return answers;
            })));

            await (await client.PutAsync("api/connectors/users", Body(api.Url, "1.1.0"))).JsonAsync();
            await client.ConnectedAsync("users", "1.1.0");
            await stop.CancelAsync();

            Assert.All((await calls).SelectMany(answers => answers), asked => Assert.Contains(asked, new[] { "/1.0.0/users/a%2Fb?q=x", "/1.1.0/users/a%2Fb?q=x" }));
        }

        using var again = await HostProgram.StartAsync(directory);
        using var later = again.Client(directory);
        await later.ConnectedAsync("users", "1.1.0");
        Assert.Equal("/1.1.0/users/a%2Fb?q=x", await AskAsync(later));
        await (await later.SendAsync(HttpMethod.Delete, "api/connectors/users")).ProblemAsync(System.Net.HttpStatusCode.Conflict, "connector.in-use");
        await (await later.SendAsync(HttpMethod.Delete, "api/connectors/users?force=true")).JsonAsync();
        Assert.Empty((await later.GetJsonAsync("api/connectors?custom=true")).GetProperty("items").EnumerateArray());
    }

    private static async Task<string> AskAsync(HttpClient client) =>
        (await (await client.PostAsync("api/instances/users/actions/find", """{"id":"a/b","term":"x"}""")).JsonAsync()).GetProperty("asked").GetString()!;

    private static string Body(string url, string version) => JsonSerializer.Serialize(new
    {
        manifest = new
        {
            manifestVersion = 1,
            id = "users",
            name = "Users",
            version,
            description = "Finds users.",
            category = "custom",
            auth = new { type = "none" },
            actions = new[]
            {
                new
                {
                    id = "find",
                    name = "Find",
                    description = "Finds a user.",
                    idempotent = true,
                    inputSchema = new { type = "object", properties = new { id = new { type = "string" }, term = new { type = "string" } }, required = new[] { "id" }, additionalProperties = false },
                    http = new { method = "GET", path = $"/{version}/users/{{id}}", query = new { q = "{term}" } },
                },
            },
            http = new { baseUrl = url },
        },
    });
}
