using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>What a document as a whole becomes: its version, its identity, its server, its credential, and which operations are taken.</summary>
public sealed class OpenApiImportTests
{
    private const string Two = """
        {"/users/{id}":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
          "get":{"operationId":"getUser","tags":["users"],"summary":"One user","description":"By its id."},
          "delete":{"tags":["users","admin"],"deprecated":true}},
         "/status":{"get":{"operationId":"HTTPStatus","tags":["ops"]}}}
        """;

    [Fact]
    public void Import_Whole_IsABoundManifest()
    {
        var result = Imports.Of(Imports.Document(Two));

        Assert.Empty(result.Errors);
        Assert.Empty(result.Notes);
        Imports.AssertJson(
            """
            {"manifestVersion":1,"id":"users","name":"Users","version":"1.0.0","auth":{"type":"any"},"http":{"baseUrl":"https://api.example.com/v1"},"actions":[
              {"id":"get-user","name":"One user","description":"By its id.","idempotent":true,
               "inputSchema":{"type":"object","properties":{"id":{"type":"string"}},"additionalProperties":false,"required":["id"]},"http":{"method":"GET","path":"/users/{id}"}},
              {"id":"delete-users-id","name":"DELETE /users/{id}","description":"Deprecated.","idempotent":true,
               "inputSchema":{"type":"object","properties":{"id":{"type":"string"}},"additionalProperties":false,"required":["id"]},"http":{"method":"DELETE","path":"/users/{id}"}},
              {"id":"http-status","name":"HTTPStatus","idempotent":true,
               "inputSchema":{"type":"object","properties":{},"additionalProperties":false},"http":{"method":"GET","path":"/status"}}]}
            """,
            JsonElement.Parse(result.Manifest!.Utf8.Span));
        Assert.True(result.Manifest.IsBound);
        Assert.Empty(ManifestReader.Read(result.Manifest.Utf8).Errors);
    }

    [Theory]
    [InlineData("3.0.0")]
    [InlineData("3.0.4")]
    [InlineData("3.1.0")]
    [InlineData("3.1.1")]
    public void Version_Known_IsTaken(string version) => Assert.Empty(Imports.Of(Imports.Document(Two, version: version)).Errors);

    [Theory]
    [InlineData("""{"swagger":"2.0","paths":{}}""", "/document/openapi import.version-unsupported")]
    [InlineData("""{"openapi":"3.2.0","paths":{}}""", "/document/openapi import.version-unsupported")]
    [InlineData("""{"openapi":"3.01","paths":{}}""", "/document/openapi import.version-unsupported")]
    [InlineData("""{"openapi":3.0,"paths":{}}""", "/document/openapi import.version-unsupported")]
    [InlineData("""{"openapi":"3.0.0"}""", "/document/paths import.document-invalid")]
    [InlineData("""{"openapi":"3.0.0","paths":[]}""", "/document/paths import.document-invalid")]
    [InlineData("[]", "/document import.document-invalid")]
    [InlineData("openapi: 3.0.0\npaths: {}\n", "/document json.invalid")]
    [InlineData("""{"openapi":"3.0.0","openapi":"3.0.0"}""", "/document/openapi json.duplicate-key")]
    [InlineData("""{"openapi":""", "/document json.invalid")]
    public void Document_NoneThatIsKnown_IsRefused(string document, string line) =>
        Assert.Equal([line], Schemas.Lines(Imports.Of(document).Errors));

    [Fact]
    public void Document_Yaml_IsToldApart() =>
        Assert.Contains("YAML", Assert.Single(Imports.Of("openapi: 3.0.0").Errors).Detail, StringComparison.Ordinal);

    [Fact]
    public void Document_WithAByteOrderMark_IsTaken() => Assert.Empty(Imports.Of("\uFEFF" + Imports.Document(Two)).Errors);

    [Fact]
    public void Document_TooLarge_IsRefused() =>
        Assert.Equal(["/document import.too-large"], Schemas.Lines(OpenApiImport.Import(new byte[OpenApiImport.MaxBytes + 1], Imports.Users).Errors));

    [Fact]
    public void Options_None_AreMadeOfTheDocument()
    {
        var manifest = Imports.Of(Imports.Document(Two).Replace("\"Users\",\"version\":\"1\"", "\"The Übers API\",\"version\":\"2.1.0-rc.1\"", StringComparison.Ordinal), new()).Manifest!;

        Assert.Equal(("the-bers-api", "The Übers API", "2.1.0-rc.1"), (manifest.Id, manifest.Name, manifest.Version.ToString()));
    }

    [Fact]
    public void Options_Wrong_AreAllTold() =>
        Assert.Equal(
            ["/id id.invalid", "/version version.invalid", "/name value.empty", "/baseUrl http.base-url-invalid", "/maxActions value.out-of-range",
                "/operations/1 import.operation-unknown", "/tags/0 import.tag-unknown"],
            Schemas.Lines(Imports.Of(
                Imports.Document(Two),
                new() { Id = "register", Version = "1", Name = " ", BaseUrl = "ftp://x", MaxActions = 0, Operations = ["getUser", "none"], Tags = ["none"] }).Errors));

    [Fact]
    public void Id_TitleGivesNone_IsAskedFor() =>
        Assert.Equal(["/id id.invalid"], Schemas.Lines(Imports.Of(Imports.Document(Two).Replace("\"Users\"", "\"名\"", StringComparison.Ordinal), new()).Errors));

    [Theory]
    [InlineData("getUser", "", "get-user")]
    [InlineData("GET /status", "", "http-status")]
    [InlineData("", "admin", "delete-users-id")]
    [InlineData("getUser", "ops", "get-user http-status")]
    public void Choice_ByOperationAndTag_TakesThese(string operation, string tag, string ids)
    {
        var manifest = Imports.Of(
            Imports.Document(Two), Imports.Users with { Operations = operation.Length > 0 ? [operation] : [], Tags = tag.Length > 0 ? [tag] : [] }).Manifest!;

        Assert.Equal(ids, string.Join(' ', manifest.Actions.Select(action => action.Id)));
    }

    [Fact]
    public void Ids_Alike_StayTheirOwnWhicheverAreTaken()
    {
        var document = Imports.Document("""{"/a":{"get":{"operationId":"list_all!"},"post":{"operationId":"list_all?","tags":["x"]},"put":{}},"/A":{"put":{}}}""");

        Assert.Equal(["list_all", "list_all-2", "put-a", "put-a-2"], Imports.Of(document).Manifest!.Actions.Select(action => action.Id));
        Assert.Equal(["list_all-2"], Imports.Of(document, Imports.Users with { Tags = ["x"] }).Manifest!.Actions.Select(action => action.Id));
    }

    [Theory]
    [InlineData("listAllUsersV2", "list-all-users-v2")]
    [InlineData("repos/list-for-org", "repos-list-for-org")]
    [InlineData("Pets.Get_One", "pets.get_one")]
    [InlineData("__x--Y__", "x-y")]
    [InlineData("名前", "")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bc", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Id_Fits(string operationId, string id) => Assert.Equal(id, ActionIds.Fit(operationId));

    [Fact]
    public void MaxActions_More_AreLeftOutWithTheirTags()
    {
        var result = Imports.Of(Imports.Document(Two), Imports.Users with { MaxActions = 1 });

        Assert.Equal("get-user", Assert.Single(result.Manifest!.Actions).Id);
        Assert.Equal(["import.full /paths/~1users~1{id}/delete"], Imports.Lines(result));
        Assert.Contains("The last 2 operations", result.Notes[0].Detail, StringComparison.Ordinal);
        Assert.Contains("'users' (1), 'admin' (1), 'ops' (1)", result.Notes[0].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"url":"/v2"}]""", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("""[{"url":"/v2"}]""", "http://127.0.0.1:8080/x/", "http://127.0.0.1:8080/x")]
    [InlineData("""[{"url":"/v2"},{"url":"https://b.example.com/"}]""", null, "https://b.example.com")]
    [InlineData("""[{"url":"https://{region}.example.com/{v}","variables":{"region":{"default":"eu"},"v":{"default":"2"}}}]""", null, "https://eu.example.com/2")]
    [InlineData("""[{"url":"https://{region}.example.com"}]""", null, null)]
    [InlineData("""[{"url":"https://user@example.com"}]""", null, null)]
    public void Server_OfTheDocumentOrTheCaller(string servers, string? baseUrl, string? expected)
    {
        var document = Imports.Document(Two).Replace("""[{"url":"https://api.example.com/v1/"}]""", servers, StringComparison.Ordinal);

        var result = Imports.Of(document, Imports.Users with { BaseUrl = baseUrl });

        Assert.Equal(expected is null ? ["/baseUrl import.base-url-missing"] : [], Schemas.Lines(result.Errors));
        Assert.Equal(expected, result.Manifest?.Http!.Value.GetProperty("baseUrl").GetString());
        Assert.Equal(servers.Contains("variables", StringComparison.Ordinal), result.Notes.Any(note => note.Code == "import.server-variables"));
    }

    [Fact]
    public void Server_OfAnOperationElsewhere_IsLeftOut()
    {
        var document = Imports.Document("""
            {"/a":{"servers":[{"url":"https://other.example.com"}],"get":{},"put":{"servers":[{"url":"https://api.example.com/v1"}]}},"/b":{"get":{}}}
            """);

        var result = Imports.Of(document);

        Assert.Equal(["put-a", "get-b"], result.Manifest!.Actions.Select(action => action.Id));
        Assert.Equal(["import.server /paths/~1a/get"], Imports.Lines(result));
    }

    [Theory]
    [InlineData("""{"type":"apiKey","in":"header","name":"X-Key"}""", "api_key", "X-Key")]
    [InlineData("""{"type":"http","scheme":"Basic"}""", "basic", null)]
    [InlineData("""{"type":"http","scheme":"bearer","bearerFormat":"JWT"}""", "bearer", null)]
    [InlineData("""{"type":"oauth2","flows":{}}""", "oauth", null)]
    [InlineData("""{"type":"openIdConnect","openIdConnectUrl":"https://x"}""", "oauth", null)]
    public void Security_Known_IsTheManifests(string scheme, string type, string? header)
    {
        var result = Imports.Of(Imports.Document(Two, $$$"""
            "security":[{"key":[]}],"components":{"securitySchemes":{"key":{{{scheme}}}}}
            """));

        Assert.Empty(result.Notes);
        Assert.Equal(new ManifestAuth(type, header), result.Manifest!.Auth);
    }

    [Theory]
    [InlineData("""{"type":"apiKey","in":"query","name":"key"}""")]
    [InlineData("""{"type":"apiKey","in":"cookie","name":"key"}""")]
    [InlineData("""{"type":"apiKey","in":"header","name":"Cookie"}""")]
    [InlineData("""{"type":"apiKey","in":"header","name":"Host"}""")]
    [InlineData("""{"type":"http","scheme":"digest"}""")]
    [InlineData("""{"type":"mutualTLS"}""")]
    [InlineData("7")]
    public void Security_NoneThatFits_LeavesTheOperationsOut(string scheme)
    {
        var result = Imports.Of(Imports.Document(Two, $$$"""
            "security":[{"key":[]}],"components":{"securitySchemes":{"key":{{{scheme}}}}}
            """));

        Assert.Equal(
            ["/document/paths import.nothing-bound", "/document/components/securitySchemes/key import.security-scheme", "/document/paths/~1users~1{id}/get import.security",
                "/document/paths/~1users~1{id}/delete import.security", "/document/paths/~1status/get import.security"],
            Schemas.Lines(result.Errors));
    }

    [Theory]
    [InlineData("\"components\":{\"securitySchemes\":{\"a\":{\"type\":\"mutualTLS\"},\"b\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}", "bearer")]
    [InlineData("\"components\":{\"securitySchemes\":{\"a\":{\"type\":\"mutualTLS\"}}}", "none")]
    [InlineData("\"security\":[{\"b\":[]},{}],\"components\":{}", "any")]
    [InlineData("\"security\":[]", "any")]
    public void Security_NotAskedFor_IsOffered(string more, string type) => Assert.Equal(type, Imports.Of(Imports.Document(Two, more)).Manifest!.Auth.Type);

    [Fact]
    public void Security_OfSeveral_IsThatOfMostOperations()
    {
        var result = Imports.Of(Imports.Document(
            """
            {"/a":{"get":{"security":[{"basic":[]}]},"put":{"security":[{"basic":[]},{"bearer":[]}]},"post":{"security":[{"bearer":[],"basic":[]}]}},
             "/b":{"get":{"security":[{"bearer":[]}]},"put":{"security":[]},"post":{"security":[{},{"basic":[]}]},"patch":{},"delete":{}}}
            """,
            """
            "security":[{"bearer":["x"]}],"components":{"securitySchemes":{"basic":{"type":"http","scheme":"basic"},"bearer":{"type":"http","scheme":"bearer"}}}
            """));

        Assert.Equal("bearer", result.Manifest!.Auth.Type);
        Assert.Equal(["put-a", "get-b", "put-b", "post-b", "patch-b", "delete-b"], result.Manifest.Actions.Select(action => action.Id));
        Assert.Equal(
            ["import.security-other /components/securitySchemes/basic", "import.security /paths/~1a/get", "import.security /paths/~1a/post"], Imports.Lines(result));
    }

    [Fact]
    public void Webhooks_AndCallbacks_AreNoted() =>
        Assert.Equal(
            ["import.callbacks /webhooks", "import.callbacks /paths/~1a/get/callbacks"],
            Imports.Lines(Imports.Of(Imports.Get("""{"callbacks":{}}""", "\"webhooks\":{}", "3.1.0"))));

    [Fact]
    public void Operation_ThatNoBindingSends_IsLeftOut() =>
        Assert.Equal(
            ["import.malformed /paths/~1a/post", "import.ref-remote /paths/~1b/$ref", "import.method /paths/~1a/options", "import.method /paths/~1a/trace"],
            Imports.Lines(Imports.Of(Imports.Document("""{"/a":{"get":{},"options":{},"trace":{},"post":[]},"/b":{"$ref":"other.json#/b"},"x-c":{"get":{}}}"""))));

    [Fact]
    public void PathItem_ByReference_IsFollowed()
    {
        var result = Imports.Of(Imports.Document("""{"/a":{"$ref":"#/x-items/a~1b%7Bc%7D"}}""", """
            "x-items":{"a/b{c}":{"get":{}}}
            """));

        Assert.Empty(result.Notes);
        Assert.Equal("/a", Assert.Single(result.Manifest!.Actions).Http!.Value.GetProperty("path").GetString());
    }

    [Fact]
    public void Import_Twice_GivesTheSameBytes() =>
        Assert.Equal(
            Encoding.UTF8.GetString(Imports.Of(Imports.Document(Two)).Manifest!.Utf8.Span), Encoding.UTF8.GetString(Imports.Of(Imports.Document(Two)).Manifest!.Utf8.Span));
}
