using System.Net;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>An OpenAPI document becomes a connector, over REST alone.</summary>
[Collection(RunningHost.Name)]
public sealed class ImportEndpointTests(RunningHost host)
{
    private const string Path = "api/connectors/import";

    [Fact]
    public async Task Import_ByDefault_ShowsTheManifestAndChangesNothing()
    {
        var answer = await (await host.Client.PostAsync(Path, Body("looked-at", ""))).JsonAsync();

        var manifest = answer.GetProperty("manifest");
        Assert.Equal(("looked-at", 1), (manifest.GetProperty("id").GetString(), manifest.GetProperty("manifestVersion").GetInt32()));
        var note = Assert.Single(answer.GetProperty("notes").EnumerateArray());
        Assert.Equal(("/paths/~1users~1{id}/trace", "import.method"), (note.GetProperty("pointer").GetString(), note.GetProperty("code").GetString()));
        Assert.NotEmpty(note.GetProperty("detail").GetString()!);
        await (await host.Client.GetAsync(new Uri("api/connectors/looked-at", UriKind.Relative))).ProblemAsync(HttpStatusCode.NotFound, "connector.unknown");
        await (await host.Client.PostAsync("api/connectors/register?dryRun=true", $$"""{"manifest":{{manifest.GetRawText()}}}""")).JsonAsync();
    }

    [Fact]
    public async Task Import_WithRegister_CanBeCalled()
    {
        await using var api = new HttpServer(request => HttpServer.Reply.Of(200, $$"""{"asked":"{{request.Target}}"}""", "Content-Type: application/json"));
        var body = Body("imported", $"\"register\":true,\"version\":\"1.2.0\",\"name\":\"Mine\",\"tags\":[\"users\"],\"maxActions\":5,\"baseUrl\":\"{api.Url}\"");

        var would = await (await host.Client.PostAsync(Path + "?dryRun=true", body)).JsonAsync();
        Assert.Equal("imported 1.2.0 would be registered.", would.GetProperty("message").GetString());
        var response = await host.Client.PostAsync(Path, body);

        Assert.Equal((HttpStatusCode.Created, "/api/connectors/imported"), (response.StatusCode, response.Headers.Location?.ToString()));
        var answer = await response.JsonAsync();
        Assert.Equal(("imported", "1.2.0"), (answer.GetProperty("connectorId").GetString(), answer.GetProperty("version").GetString()));
        Assert.Empty(answer.GetProperty("notes").EnumerateArray());
        await host.Client.ConnectAsync("imported", """{"connector":"imported"}""");
        var output = await (await host.Client.PostAsync("api/instances/imported/actions/get-user", """{"id":"a/b"}""")).JsonAsync();
        Assert.Equal("/users/a%2Fb", output.GetProperty("asked").GetString());
        await (await host.Client.PostAsync(Path, body)).ProblemAsync(HttpStatusCode.Conflict, "connector.exists");
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/instances/imported")).JsonAsync();
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/connectors/imported")).JsonAsync();
    }

    [Theory]
    [InlineData("""{}""", "request.invalid", "/document key.missing")]
    [InlineData("""[]""", "request.invalid", " value.type")]
    [InlineData("""{"document":{},"id":1,"version":null,"name":[],"baseUrl":{},"operations":"a","tags":[1],"maxActions":"1","register":"yes","more":1}""", "request.invalid",
        "/id value.type,/version value.type,/name value.type,/baseUrl value.type,/operations value.type,/tags value.type,/maxActions value.type,/register value.type,/more key.unknown")]
    [InlineData("""{"document":[]}""", "import.invalid", "/id id.invalid,/document import.document-invalid")]
    [InlineData("""{"document":{"swagger":"2.0"},"id":"x"}""", "import.invalid", "/document/openapi import.version-unsupported")]
    [InlineData("""{"document":{"openapi":"3.1.0","paths":{"/a":{"get":{}}}},"id":"register","baseUrl":"x","tags":["y"],"maxActions":201}""", "import.invalid",
        "/id id.invalid,/baseUrl http.base-url-invalid,/maxActions value.out-of-range,/tags/0 import.tag-unknown")]
    [InlineData("""{"document":{"openapi":"3.1.0","paths":{"/a":{"trace":{}}}},"id":"x","baseUrl":"https://x"}""", "import.invalid",
        "/document/paths import.nothing-bound,/document/paths/~1a/trace import.method")]
    [InlineData("""{"document":{"openapi":"3.1.0","openapi":"3.1.0"}}""", "json.invalid", "/document/openapi json.duplicate-key")]
    [InlineData("""{"document":""", "json.invalid", " json.invalid")]
    public async Task Import_Wrong_IsTold(string body, string code, string lines)
    {
        var problem = await (await host.Client.PostAsync(Path, body)).ProblemAsync(HttpStatusCode.BadRequest, code);

        Assert.Equal(lines, string.Join(',', problem.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("pointer").GetString()} {error.GetProperty("code").GetString()}")));
    }

    [Fact]
    public async Task Import_LargerThan16MiB_IsRefused()
    {
        var body = Body("large", "").Replace("\"users\"", $"\"users\",\"{new string('x', 16 * 1024 * 1024)}\"", StringComparison.Ordinal);

        // The host may close the connection before it has read what it refuses.
        try
        {
            var problem = await (await host.Client.SendAsync(HttpMethod.Post, Path, Http.Json(body), ("Expect", "100-continue")))
                .ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
            Assert.Contains("16 MiB", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        catch (HttpRequestException exception)
        {
            Assert.IsType<IOException>(exception.InnerException, exactMatch: false);
        }
    }

    [Fact]
    public async Task Import_OfManyMegabytes_IsTaken()
    {
        var body = Body("many", "").Replace("\"users\"", $"\"users\",\"{new string('x', 13_000_000)}\"", StringComparison.Ordinal);

        Assert.Equal("many", (await (await host.Client.PostAsync(Path, body)).JsonAsync()).GetProperty("manifest").GetProperty("id").GetString());
    }

    private static string Body(string id, string more) => $$$$$$$$$"""
        {"id":"{{{{{{{{{id}}}}}}}}}",{{{{{{{{{more}}}}}}}}}{{{{{{{{{(more.Length > 0 ? "," : "")}}}}}}}}}"document":{"openapi":"3.1.0","info":{"title":"Users","version":"1"},"servers":[{"url":"https://api.example.com"}],
         "paths":{"/users/{id}":{"get":{"operationId":"getUser","tags":["users"],"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
           "responses":{"200":{"content":{"application/json":{"schema":{"type":"object","required":["asked"],"properties":{"asked":{"type":"string"}}}}}}}},"trace":{}}}}}
        """;
}
