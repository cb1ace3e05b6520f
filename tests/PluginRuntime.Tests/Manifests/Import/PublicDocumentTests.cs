using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;
using PluginRuntime.Tests.Management;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Documents of public services, whole, as they are published: Documents/README.md says whose.</summary>
[Collection(LargeDocuments.Name)]
public sealed partial class PublicDocumentTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();
    private readonly RegisteredManifests _registered = new();
    private readonly HttpServer _server = new();

    public static TheoryData<string, int, string> Documents => new()
    {
        { "github", 200, "import.body-type 1, import.body-unexpected 3, import.full 1, import.response-type 1" },
        { "rclone", 101, "import.body-multipart 1, import.parameter-style 23" },
        { "readme", 54, "import.body-multipart 4" },
        { "shipengine", 59, "import.full 1, import.response-type 1" },
        { "star-trek", 120, "import.body-type 40" },
    };

    public Task InitializeAsync() =>
        _test.StartAsync(prepare: runtime => runtime.Folders.Add(_registered.Scan));

    public async Task DisposeAsync()
    {
        await _test.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Import_Whole_IsAManifest(string name, int actions, string notes)
    {
        var result = OpenApiImport.Import(Read(name), new() { Id = name });

        Assert.Empty(result.Errors);
        Assert.Equal(actions, result.Manifest!.Actions.Count);
        Assert.Equal(notes, string.Join(", ", result.Notes.CountBy(note => note.Code).OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}")));
        Assert.Empty(ManifestReader.Read(result.Manifest.Utf8).Errors);
    }

    /// <summary>Part by part, as somebody takes a service that is larger than a manifest.</summary>
    [Fact]
    public void Import_GitHubByTags_BindsNearlyAll()
    {
        var bytes = Read("github");
        using var document = JsonDocument.Parse(bytes);
        var operations = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Where(member => member.Value.ValueKind == JsonValueKind.Object).ToList();
        var tags = operations.SelectMany(operation => operation.Value.GetProperty("tags").EnumerateArray()).Select(tag => tag.GetString()!).Distinct().ToList();

        var results = tags.ConvertAll(tag => OpenApiImport.Import(document.RootElement, new() { Id = "github", Tags = [tag] }));

        Assert.Equal((47, 1223), (tags.Count, operations.Count));
        Assert.All(results, result => Assert.Empty(result.Errors));
        Assert.Equal(1164, results.Sum(result => result.Manifest!.Actions.Count));
        Assert.DoesNotContain(results.SelectMany(result => result.Notes), note => note.Code is "import.unbound" or "import.schema-cut" or "import.keyword");
    }

    /// <summary>What the document describes is what the action accepts as its answer.</summary>
    [Theory]
    [MemberData(nameof(Documents))]
    public void Output_AcceptsWhatTheDocumentDescribes(string name, int actions, string notes)
    {
        Assert.NotEmpty(notes);
        using var document = JsonDocument.Parse(Read(name));
        var manifest = OpenApiImport.Import(document.RootElement, new() { Id = name }).Manifest!;

        var wrong = new List<string>();
        var described = 0;
        foreach (var action in manifest.Actions.Where(action => action.OutputSchema is not null))
        {
            if (SampleOf(document.RootElement, action) is { } sample)
            {
                described++;
                var errors = JsonSchema.Compile(action.OutputSchema!.Value).Schema!.Validate(Encoding.UTF8.GetBytes(sample.ToJsonString()));
                wrong.AddRange(errors.Take(1).Select(error => $"{action.Id}: {error}"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.InRange(described, actions / 3, actions);
    }

    /// <summary>Every GET of it that answers JSON, or its first operation where it has none, against a server that answers as the document says.</summary>
    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Call_AgainstAServerOfTheDocument_Works(string name, int actions, string notes)
    {
        Assert.NotEmpty(notes);
        using var document = JsonDocument.Parse(Read(name));
        var manifest = OpenApiImport.Import(document.RootElement, new() { Id = name, Version = "1.0.0", BaseUrl = _server.Url + "/base" }).Manifest!;
        await RegisterAsync(manifest);
        var json = manifest.Actions.Where(action => SampleOf(document.RootElement, action) is not null).ToList();
        var gets = json.Where(action => MethodOf(action) == "GET").ToList();
        Assert.InRange(json.Count, actions / 3, actions);
        foreach (var action in gets.Count > 0 ? gets : json[..1])
        {
            var sample = SampleOf(document.RootElement, action)!.ToJsonString();
            _server.Answer = _ => HttpServer.Reply.Of(200, sample, "Content-Type: application/json");

            var output = await _test.CallAsync(action.Id, InputOf(action.InputSchema!.Value));

            Assert.True(JsonElement.DeepEquals(JsonElement.Parse(sample), output), action.Id);
            var request = _server.Requests[^1];
            Assert.Equal(MethodOf(action), request.Method);
            Assert.Matches("^/base" + Place().Replace(Regex.Escape(PathOf(action)), "[^/]+") + "(\\?.*)?$", request.Target);
        }
    }

    private async Task RegisterAsync(ConnectorManifest manifest)
    {
        FixturePackages.Drop(FixturePackages.BuiltPlugin("Http"), _test.DropFolder, "http", "1.0.0");
        _registered.Add(Encoding.UTF8.GetString(manifest.Utf8.Span));
        _test.Runtime.LookAgain();
        var credentials = manifest.Auth.Type switch
        {
            "api_key" => """{"type":"api_key","apiKey":"sesame"}""",
            "bearer" => """{"type":"bearer","token":"sesame"}""",
            _ => """{"type":"none"}""",
        };
        await _test.Runtime.Editor.PutAsync(
            "p",
            JsonElement.Parse($$"""{"connector":"{{manifest.Id}}","pool":{"size":1,"min":1},"credentials":{{credentials}}}"""),
            null,
            mustBeNew: false,
            isTrusted: true,
            dryRun: false,
            CancellationToken.None);
        await _test.UntilVersionAsync("1.0.0");
    }

    private static string MethodOf(ManifestAction action) => action.Http!.Value.GetProperty("method").GetString()!;

    private static string PathOf(ManifestAction action) => action.Http!.Value.GetProperty("path").GetString()!;

    private static string InputOf(JsonElement schema) => new SchemaSample(schema).Of(schema)!.ToJsonString();

    /// <summary>An answer by the document's own words; null where it describes none in JSON.</summary>
    private static JsonNode? SampleOf(JsonElement document, ManifestAction action)
    {
        var samples = new SchemaSample(document);
        var path = document.GetProperty("paths").EnumerateObject().First(path => Place().Replace(path.Name, "{}") == Place().Replace(PathOf(action), "{}"));
        var responses = path.Value.GetProperty(MethodOf(action).ToLowerInvariant()).GetProperty("responses");
        foreach (var response in responses.EnumerateObject().Where(response => response.Name.StartsWith('2')))
        {
            if (samples.Resolve(response.Value).TryGetProperty("content", out var content)
                && content.TryGetProperty("application/json", out var json)
                && json.TryGetProperty("schema", out var schema))
            {
                return samples.Of(schema);
            }
        }

        return null;
    }

    private static byte[] Read(string name)
    {
        using var resource = typeof(PublicDocumentTests).Assembly.GetManifestResourceStream($"{name}.json.gz")!;
        using var unpacked = new GZipStream(resource, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    [GeneratedRegex(@"\\?\{[^}]*\}")]
    private static partial Regex Place();
}
