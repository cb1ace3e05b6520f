using System.Text;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class ManifestReaderTests
{
    private const string Whole = """
        { "manifestVersion": 1, "id": "weather", "name": "Weather", "version": "1.2.3-beta.1", "description": "Now", "category": "demo",
          "auth": { "type": "api_key", "headerName": "X-Key" },
          "settingsSchema": { "type": "object", "properties": { "key": { "type": "string", "writeOnly": true } } },
          "actions": [ { "id": "current", "name": "Current", "description": "Weather now", "idempotent": true, "timeout": "10s",
                         "inputSchema": { "type": "object" }, "outputSchema": true, "http": { "method": "GET" } },
                       { "id": "next", "name": "Next" } ],
          "http": { "baseUrl": "https://api.example.com" },
          "runtime": { "assembly": "Weather.dll", "type": "Weather.WeatherConnector", "sdk": "1.0", "framework": "net10.0" },
          "files": [ { "path": "Weather.dll", "size": 10240, "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
                     { "path": "de/Weather.resources.dll", "size": 0, "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" } ] }
        """;

    private static readonly string _hash = new('0', 64);

    [Fact]
    public void Read_Whole_GivesEveryPart()
    {
        var result = Read(Whole);

        Assert.Empty(result.Errors);
        var manifest = result.Manifest!;
        Assert.Equal(("weather", "Weather", "1.2.3-beta.1", "Now", "demo"), (manifest.Id, manifest.Name, manifest.Version.ToString(), manifest.Description, manifest.Category));
        Assert.Equal(new ManifestAuth("api_key", "X-Key"), manifest.Auth);
        Assert.True(manifest.SettingsSchema!.Value.GetProperty("properties").GetProperty("key").GetProperty("writeOnly").GetBoolean());
        Assert.Equal(["current", "next"], manifest.Actions.Select(action => action.Id));
        Assert.Equal((true, TimeSpan.FromSeconds(10)), (manifest.Actions[0].Idempotent, manifest.Actions[0].Timeout));
        Assert.Equal("GET", manifest.Actions[0].Http!.Value.GetProperty("method").GetString());
        Assert.Null(manifest.Actions[1].InputSchema);
        Assert.Null(manifest.Actions[1].Timeout);
        Assert.Equal(new ManifestRuntime("Weather.dll", "Weather.WeatherConnector", "1.0", "net10.0"), manifest.Runtime);
        Assert.Equal(["Weather.dll", "de/Weather.resources.dll"], manifest.Files.Select(file => file.Path));
        Assert.Equal(10240, manifest.Files[0].Size);
        Assert.Equal(Whole, Encoding.UTF8.GetString(manifest.Utf8.Span));
    }

    [Fact]
    public void Read_Least_GivesDefaults()
    {
        var manifest = Read("""{"manifestVersion":1,"id":"a","name":"A","version":"0.1.0"}""").Manifest!;

        Assert.Equal(("", "custom", ManifestAuth.None), (manifest.Description, manifest.Category, manifest.Auth));
        Assert.Empty(manifest.Actions);
        Assert.Empty(manifest.Files);
        Assert.Null(manifest.Runtime);
    }

    [Fact]
    public void Read_BufferReused_ManifestIsKept()
    {
        var buffer = Encoding.UTF8.GetBytes(Whole);
        var manifest = ManifestReader.Read(buffer).Manifest!;
        Array.Clear(buffer);

        Assert.Equal(Whole, Encoding.UTF8.GetString(manifest.Utf8.Span));
        Assert.Equal("object", manifest.SettingsSchema!.Value.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("id", "null", "/id value.type")]
    [InlineData("id", "\"\"", "/id value.empty")]
    [InlineData("id", "\"Weather\"", "/id id.invalid")]
    [InlineData("id", "\"a\\n\"", "/id id.invalid")]
    [InlineData("id", "\".a\"", "/id id.invalid")]
    [InlineData("id", "\"a/../b\"", "/id id.invalid")]
    [InlineData("id", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "/id id.invalid")]
    [InlineData("id", "\"reconnect\"", "/id id.reserved")]
    [InlineData("name", "1", "/name value.type")]
    [InlineData("name", "\" \"", "/name value.empty")]
    [InlineData("version", "\"1.0\"", "/version version.invalid")]
    [InlineData("version", "1", "/version value.type")]
    [InlineData("description", "[]", "/description value.type")]
    [InlineData("category", "\"\"", "/category value.empty")]
    [InlineData("auth", "\"none\"", "/auth value.type")]
    [InlineData("auth", "{}", "/auth/type key.missing")]
    [InlineData("auth", """{"type":"magic"}""", "/auth/type auth.type-unknown")]
    [InlineData("auth", """{"type":"basic","headerName":"X"}""", "/auth/headerName auth.header-unused")]
    [InlineData("auth", "{\"type\":\"api_key\",\"headerName\":\"X\\r\\nY\"}", "/auth/headerName auth.header-invalid")]
    [InlineData("settingsSchema", """{"properties":{"a":{"tpye":1}}}""", "/settingsSchema/properties/a/tpye schema.keyword-unknown")]
    [InlineData("settingsSchema", "[]", "/settingsSchema schema.invalid")]
    [InlineData("actions", "{}", "/actions value.type")]
    [InlineData("actions", "[1]", "/actions/0 value.type")]
    [InlineData("actions", """[{"id":"a","name":"A","inputSchema":{"$ref":"http://x.example"}}]""", "/actions/0/inputSchema/$ref schema.ref-remote")]
    [InlineData("actions", """[{"id":"a","name":"A","outputSchema":{"pattern":"("}}]""", "/actions/0/outputSchema/pattern schema.pattern-invalid")]
    [InlineData("actions", """[{"id":"a","name":"A"},{"id":"a","name":"B"}]""", "/actions/1/id action.duplicate")]
    [InlineData("actions", """[{"id":"A b","name":"A"}]""", "/actions/0/id id.invalid")]
    [InlineData("actions", """[{"id":"a","name":"A","idempotent":"yes"}]""", "/actions/0/idempotent value.type")]
    [InlineData("actions", """[{"id":"a","name":"A","timeout":"soon"}]""", "/actions/0/timeout duration.invalid")]
    [InlineData("actions", """[{"id":"a","name":"A","timeout":"0s"}]""", "/actions/0/timeout duration.invalid")]
    [InlineData("actions", """[{"id":"a","name":"A","timeout":10}]""", "/actions/0/timeout value.type")]
    [InlineData("actions", """[{"id":"a","name":"A","http":[]}]""", "/actions/0/http value.type")]
    [InlineData("http", "1", "/http value.type")]
    [InlineData("runtime", "{}", "/runtime/assembly key.missing", "/runtime/sdk key.missing", "/runtime/type key.missing", "/runtime/framework key.missing")]
    [InlineData("runtime", """{"assembly":"lib/Weather.dll","type":"T","sdk":"1.0","framework":"net10.0"}""", "/runtime/assembly runtime.assembly-invalid")]
    [InlineData("runtime", """{"assembly":"..dll.exe","type":"T","sdk":"1.0","framework":"net10.0"}""", "/runtime/assembly runtime.assembly-invalid")]
    [InlineData("runtime", """{"assembly":"C:x.dll","type":"T","sdk":"1.0","framework":"net10.0"}""", "/runtime/assembly runtime.assembly-invalid")]
    [InlineData("runtime", """{"assembly":"Other.dll","type":"T","sdk":"1.0","framework":"net10.0"}""", "/runtime/assembly runtime.assembly-missing")]
    [InlineData("runtime", """{"assembly":"Weather.dll","type":"T","sdk":"1.0.0","framework":"net10.0"}""", "/runtime/sdk runtime.sdk-invalid")]
    [InlineData("files", "{}", "/files value.type", "/runtime/assembly runtime.assembly-missing")]
    [InlineData("manifestVersion", "\"1\"", "/manifestVersion value.type")]
    [InlineData("manifestVersion", "2", "/manifestVersion manifest.version-unsupported")]
    [InlineData("extra", "1", "/extra key.unknown")]
    public void Read_OneThingWrong_SaysWhereAndWhat(string key, string value, params string[] expected)
    {
        var manifest = JsonNode.Parse(Whole)!.AsObject();
        manifest[key] = JsonNode.Parse(value);

        var result = Read(manifest.ToJsonString());

        Assert.Null(result.Manifest);
        Assert.Equal(expected, Schemas.Lines(result.Errors));
    }

    [Theory]
    [InlineData("/rooted", "file.path-invalid")]
    [InlineData("a//b", "file.path-invalid")]
    [InlineData("a/", "file.path-invalid")]
    [InlineData("./a", "file.path-invalid")]
    [InlineData("a/../b", "file.path-invalid")]
    [InlineData("a\\b", "file.path-invalid")]
    [InlineData("C:/a", "file.path-invalid")]
    [InlineData("a\u0000b", "file.path-invalid")]
    [InlineData("connector.json", "file.path-manifest")]
    [InlineData("Connector.JSON", "file.path-manifest")]
    [InlineData("FIRST.dll", "file.path-duplicate")]
    [InlineData("first.dll/below", "file.path-duplicate")]
    [InlineData("dir", "file.path-duplicate")]
    [InlineData("", "value.empty")]
    public void Read_FilePath_MustBeSafe(string path, string code)
    {
        var result = ReadFiles(File("first.dll"), File("dir/second.dll"), File(path));

        Assert.Equal([$"/files/2/path {code}"], Schemas.Lines(result.Errors));
    }

    [Theory]
    [InlineData("size", "-1", "file.size-invalid")]
    [InlineData("size", "1.5", "file.size-invalid")]
    [InlineData("size", "1e400", "file.size-invalid")]
    [InlineData("size", "\"1\"", "value.type")]
    [InlineData("sha256", "\"abc\"", "file.hash-invalid")]
    [InlineData("sha256", "\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"", "file.hash-invalid")]
    [InlineData("mode", "1", "key.unknown")]
    public void Read_FileFact_MustBeSound(string key, string value, string code)
    {
        var file = File("a.txt");
        file[key] = JsonNode.Parse(value);

        Assert.Equal([$"/files/0/{key} {code}"], Schemas.Lines(ReadFiles(file).Errors));
    }

    [Fact]
    public void Read_ManyThingsWrong_ReportsAllAtOnce()
    {
        var result = Read("""{"manifestVersion":1,"id":"A","version":"x","id":"B","auth":{"type":1,"x":1},"actions":[{"timeout":"x"}],"~":1}""");

        Assert.Equal(
            [
                "/id key.duplicate", "/~0 key.unknown", "/id id.invalid", "/name key.missing", "/version version.invalid", "/auth/x key.unknown",
                "/auth/type value.type", "/actions/0/id key.missing", "/actions/0/name key.missing", "/actions/0/timeout duration.invalid",
            ],
            Schemas.Lines(result.Errors));
    }

    [Fact]
    public void Read_DuplicateInSchema_IsReportedOnce()
    {
        var result = Read("""{"manifestVersion":1,"id":"a","name":"A","version":"1.0.0","settingsSchema":{"properties":{"x":true,"x":false}}}""");

        Assert.Equal(["/settingsSchema/properties/x key.duplicate"], Schemas.Lines(result.Errors));
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("{\n \"id\": secret\n}", 2, 8)]
    [InlineData("{} {}", 1, 4)]
    [InlineData("{\"a\":1,}", 1, 8)]
    public void Read_NotJson_GivesLineAndPosition(string text, int line, int position)
    {
        var error = Assert.Single(Read(text).Errors);

        Assert.Equal(("", "manifest.not-json", $"This is not JSON: line {line}, position {position} in bytes."), (error.Pointer, error.Code, error.Detail));
    }

    [Theory]
    [InlineData("[]", " value.type")]
    [InlineData("{}", "/manifestVersion key.missing", "/id key.missing", "/name key.missing", "/version key.missing")]
    [InlineData("{\"name\":\"\\uD800\"}", "/name manifest.invalid-text")]
    public void Read_NotAManifest_SaysWhy(string text, params string[] expected)
    {
        Assert.Equal(expected, Schemas.Lines(Read(text).Errors));
    }

    [Fact]
    public void Read_AtTheLimits_IsRead()
    {
        var actions = string.Join(',', Enumerable.Range(0, 200).Select(i => $$"""{"id":"a{{i}}","name":"A"}"""));
        var text = $$"""{"manifestVersion":1,"id":"a","name":"A","version":"1.0.0","actions":[{{actions}}]}""";
        var padded = text.PadRight(ManifestReader.MaxBytes);

        Assert.Equal(200, Read(padded).Manifest!.Actions.Count);
        Assert.Equal([" manifest.too-large"], Schemas.Lines(Read(padded + " ").Errors));
    }

    [Fact]
    public void Read_BeyondTheLimits_IsRefused()
    {
        var actions = string.Join(',', Enumerable.Range(0, 201).Select(i => $$"""{"id":"a{{i}}","name":"A"}"""));
        var deep = new string('[', 65) + new string(']', 65);

        Assert.Equal(
            ["/actions actions.too-many"],
            Schemas.Lines(Read($$"""{"manifestVersion":1,"id":"a","name":"A","version":"1.0.0","actions":[{{actions}}]}""").Errors));
        Assert.Equal([" manifest.too-deep"], Schemas.Lines(Read(deep).Errors));
        Assert.Equal(100, Read($"{{{string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"k{i}\":1"))}}}").Errors.Count);
    }

    private static ManifestResult Read(string text) => ManifestReader.Read(Encoding.UTF8.GetBytes(text));

    private static JsonObject File(string path) => new() { ["path"] = path, ["size"] = 1, ["sha256"] = _hash };

    private static ManifestResult ReadFiles(params JsonNode[] files)
    {
        var manifest = JsonNode.Parse("""{"manifestVersion":1,"id":"a","name":"A","version":"1.0.0"}""")!.AsObject();
        manifest["files"] = new JsonArray(files);
        return Read(manifest.ToJsonString());
    }
}
