using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Documents that want to take long, to become large, to lead elsewhere, or to be anything but a document.</summary>
[Collection(LargeDocuments.Name)]
public sealed class HostileImportTests
{
    private const int Mutants = 2000;

    private static readonly string[] _leaves = ["null", "true", "-1", "1e999", "\"\"", "\"x\"", "\"#/\"", "\"#/paths\"", "[]", "{}", "[[]]", "[null]", "{\"$ref\":\"#\"}", "{\"a\":7}", "\"{a}\"", "\"object\"", "\"array\""];

    [Fact]
    public void References_Doubling_StayAsManyAsThereAre()
    {
        var schemas = string.Join(',', Enumerable.Range(0, 60).Select(number => $$$$$"""
            "S{{{{{number}}}}}":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/S{{{{{number + 1}}}}}"},"b":{"$ref":"#/components/schemas/S{{{{{number + 1}}}}}"}}}
            """));

        var result = Imports.Of(Imports.Answering("""{"$ref":"#/components/schemas/S0"}""", "{" + schemas + ""","S60":{"type":"string"}}"""));

        Assert.Empty(result.Notes);
        Assert.InRange(result.Manifest!.Utf8.Length, 1000, 20_000);
    }

    /// <summary>The same as a tree: what is beyond the bound is cut, and what is near is there.</summary>
    [Fact]
    public void Schema_VeryLarge_IsCut()
    {
        var properties = string.Join(',', Enumerable.Range(0, 100_000).Select(number => $$"""
            "p{{number}}":{"type":"string"}
            """));

        var result = Imports.Of(Imports.Answering($$$$"""{"type":"object","properties":{{{{{properties}}}}}}"""));

        Assert.Contains("import.schema-cut /paths/~1a/get/responses/200/content/application~1json/schema/properties", Imports.Lines(result));
        Assert.InRange(result.Manifest!.Utf8.Length, 50_000, 300_000);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":""", "}}")]
    [InlineData("""{"items":""", "}")]
    [InlineData("""{"allOf":[""", "]}")]
    [InlineData("""{"nullable":true,"anyOf":[""", "]}")]
    public void Schema_VeryDeep_IsCut(string open, string close)
    {
        var levels = open.Contains('[', StringComparison.Ordinal) || open.Contains("properties", StringComparison.Ordinal) ? 26 : 52;
        var schema = string.Concat(Enumerable.Repeat(open, levels)) + "{\"type\":\"string\"}" + string.Concat(Enumerable.Repeat(close, levels));

        var result = Imports.Of($$$$$$"""{"openapi":"3.0.0","info":{"title":"x"},"servers":[{"url":"https://x"}],"paths":{"/a":{"get":{"responses":{"default":{"$ref":"#/r"}}}}},"r":{"content":{"application/json":{"schema":{{{{{{schema}}}}}}}}}}""");

        Assert.Equal("import.schema-cut", Assert.Single(result.Notes).Code);
        Assert.Empty(ManifestReader.Read(result.Manifest!.Utf8).Errors);
    }

    [Fact]
    public void Value_VeryDeep_IsLeftOut()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));

        Assert.Equal(["import.schema-cut /paths/~1a/get/responses/200/content/application~1json/schema/const"], Imports.Lines(Imports.Of(Imports.Answering($$"""{"const":{{deep}}}"""))));
    }

    [Fact]
    public void Names_ByMorePatternsThanAnybodyWrites_AreLeftOut()
    {
        static string Patterned(int count) =>
            "{\"patternProperties\":{" + string.Join(',', Enumerable.Range(0, count).Select(number => $"\"^{number}$\":{{}}")) + "},\"additionalProperties\":{\"type\":\"string\"}}";

        var result = Imports.Of(Imports.Answering($$"""{"prefixItems":[{{Patterned(500)}},{{Patterned(2)}}]}""", version: "3.1.0"));

        Assert.Equal(["import.schema-cut /paths/~1a/get/responses/200/content/application~1json/schema/prefixItems/0"], Imports.Lines(result));
        Imports.AssertJson(
            """{"prefixItems":[{},{"patternProperties":{"^0$":{},"^1$":{}},"additionalProperties":{"type":"string"}}]}""", Assert.Single(result.Manifest!.Actions).OutputSchema);
    }

    [Fact]
    public void References_InACircle_EndWithANote()
    {
        var result = Imports.Of(Imports.Document(
            """{"/a":{"$ref":"#/paths/~1b"},"/b":{"$ref":"#/paths/~1a"},"/c":{"get":{"parameters":[{"$ref":"#/components/parameters/p"}],"responses":{"200":{"$ref":"#/paths/~1c/get/responses/200"}}}}}""",
            """
            "components":{"parameters":{"p":{"$ref":"#/components/parameters/p"}}}
            """));

        Assert.All(result.Notes, note => Assert.Equal("import.ref-cycle", note.Code));
        Assert.Equal("get-c", Assert.Single(result.Manifest!.Actions).Id);
    }

    [Fact]
    public void Schemas_ThatAreOnlyEachOther_AcceptAnything()
    {
        var result = Imports.Of(Imports.Answering("""{"$ref":"#/components/schemas/A"}""", """{"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}}"""));

        Assert.Equal("import.keyword", Assert.Single(result.Notes).Code);
        Assert.NotNull(JsonSchema.Compile(Assert.Single(result.Manifest!.Actions).OutputSchema!.Value).Schema);
    }

    [Fact]
    public void Operations_MoreThanAManifestHolds_EndIt()
    {
        var paths = string.Join(',', Enumerable.Range(0, 30_000).Select(number => $$"""
            "/a{{number}}":{"$ref":"#/x"}
            """));

        var result = Imports.Of(Imports.Document("{" + paths + "}", "\"x\":{\"get\":{}}"));

        Assert.Equal(200, result.Manifest!.Actions.Count);
        Assert.Equal(["import.too-complex", "import.full"], result.Notes.Select(note => note.Code));
    }

    [Fact]
    public void Notes_MoreThanAnybodyReads_AreCut()
    {
        var paths = string.Join(',', Enumerable.Range(0, 3000).Select(number => $$$"""
            "/a{{{number}}}":{"trace":{}}
            """));

        var result = Imports.Of(Imports.Document("""{"/ok":{"get":{}},""" + paths + "}"));

        Assert.Equal(1001, result.Notes.Count);
        Assert.Equal("import.notes-cut", result.Notes[^1].Code);
    }

    [Fact]
    public void Names_VeryLong_AreNotRepeated()
    {
        var name = new string('x', 1_000_000);

        var result = Imports.Of(Imports.Document($$$"""{"/ok":{"get":{"operationId":"{{{name}}}","summary":"{{{name}}}"}},"/{{{name}}}":{"trace":{}},"/b":{"$ref":"#/{{{name}}}"}}"""));

        Assert.Equal((64, 100), (result.Manifest!.Actions[0].Id.Length, result.Manifest.Actions[0].Name.Length));
        Assert.All(result.Notes, note => Assert.InRange(note.Pointer.Length + note.Detail.Length, 0, 2000));
    }

    /// <summary>One object that all of many refer to is looked at in no time each.</summary>
    [Fact]
    public void Objects_WithMoreMembersThanOpenApiKnows_AreNone()
    {
        var members = string.Join(',', Enumerable.Range(0, 200_000).Select(number => $"\"x-{number}\":0"));
        var paths = string.Join(',', Enumerable.Range(0, 15_000).Select(number => $$$$"""
            "/a{{{{number}}}}":{"get":{"requestBody":{"$ref":"#/x"},"parameters":[{"$ref":"#/x"}],"responses":{"200":{"$ref":"#/x"}},"security":[{"s":[]}]}}
            """));

        var result = Imports.Of(Imports.Document($$"""{"/big":{ {{members}} },{{paths}}}""", $$"""
            "x":{ {{members}} },"security":[ { {{members}} } ]
            """));

        Assert.Contains("import.malformed", result.Notes.Select(note => note.Code));
    }

    [Theory]
    [InlineData("3.0.3")]
    [InlineData("3.1.0")]
    public void Mutants_NeverThrow_AndWhatComesOutIsAManifest(string version)
    {
        var seed = Encoding.UTF8.GetBytes(Seed(version));
        Assert.Empty(OpenApiImport.Import(seed, Imports.Users).Errors);
        var random = new Random(20_301);
        var made = 0;
        for (var mutant = 0; mutant < Mutants; mutant++)
        {
            var document = JsonNode.Parse(seed)!;
            for (var times = random.Next(1, 6); times > 0; times--)
            {
                Mutate(document, random);
            }

            made += AssertDocumented(Encoding.UTF8.GetBytes(document.ToJsonString())) ? 1 : 0;
        }

        Assert.InRange(made, Mutants / 4, Mutants);
    }

    [Fact]
    public void Bytes_Broken_NeverThrow()
    {
        var seed = Encoding.UTF8.GetBytes(Seed("3.1.0"));
        var random = new Random(7);
        for (var mutant = 0; mutant < Mutants; mutant++)
        {
            var bytes = seed.ToArray();
            for (var times = random.Next(1, 4); times > 0; times--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            AssertDocumented(bytes.AsMemory(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length));
        }
    }

    private static bool AssertDocumented(ReadOnlyMemory<byte> document)
    {
        var result = OpenApiImport.Import(document, Imports.Users);
        Assert.Equal(result.Manifest is null, result.Errors.Count > 0);
        Assert.All(result.Notes, note => Assert.StartsWith("import.", note.Code, StringComparison.Ordinal));
        Assert.All(result.Errors, error => Assert.True(
            error.Code.StartsWith("import.", StringComparison.Ordinal) || error.Code.StartsWith("json.", StringComparison.Ordinal), $"{error}\n{Encoding.UTF8.GetString(document.Span)}"));
        if (result.Manifest is { } manifest)
        {
            Assert.Empty(ManifestReader.Read(manifest.Utf8).Errors);
        }

        return result.Manifest is not null;
    }

    /// <summary>Replaces, removes, doubles or moves a node anywhere.</summary>
    private static void Mutate(JsonNode document, Random random)
    {
        var nodes = new List<JsonNode>();
        Collect(document, nodes);
        var chosen = nodes[random.Next(nodes.Count)];
        if (chosen is JsonArray list)
        {
            var value = random.Next(2) == 0 ? JsonNode.Parse(_leaves[random.Next(_leaves.Length)]) : nodes[random.Next(nodes.Count)].DeepClone();
            list.Insert(random.Next(list.Count + 1), value);
            return;
        }

        var map = chosen.AsObject();
        var names = map.Select(member => member.Key).ToList();
        var name = names.Count > 0 && random.Next(4) > 0 ? names[random.Next(names.Count)] : nodes[random.Next(nodes.Count)] is JsonObject { Count: > 0 } other ? other.First().Key : "$ref";
        switch (random.Next(4))
        {
            case 0:
                map.Remove(name);
                break;
            case 1:
                map[name] = nodes[random.Next(nodes.Count)].DeepClone();
                break;
            default:
                map[name] = JsonNode.Parse(_leaves[random.Next(_leaves.Length)]);
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> nodes)
    {
        switch (node)
        {
            case JsonObject map:
                nodes.Add(map);
                foreach (var member in map)
                {
                    Collect(member.Value, nodes);
                }

                break;
            case JsonArray list:
                nodes.Add(list);
                foreach (var item in list)
                {
                    Collect(item, nodes);
                }

                break;
        }
    }

    private static string Seed(string version) => $$"""
        { "openapi": "{{version}}", "info": { "title": "Users", "version": "1.0.0" },
          "servers": [ { "url": "https://{r}.example.com", "variables": { "r": { "default": "eu" } } } ],
          "security": [ { "key": [] }, { "basic": [] } ],
          "paths": {
            "/users/{id}": {
              "parameters": [ { "$ref": "#/components/parameters/id" } ],
              "get": { "operationId": "getUser", "tags": [ "users" ],
                "parameters": [ { "name": "fields", "in": "query", "explode": true, "style": "form", "schema": { "type": "array", "items": { "type": "string", "enum": [ "a", "b" ] } } },
                  { "name": "X-Trace", "in": "header", "required": true, "schema": { "type": "string", "pattern": "^[a-z]+$" } } ],
                "responses": { "200": { "$ref": "#/components/responses/User" }, "404": { "description": "None." } } },
              "put": { "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/User" } } } },
                "responses": { "204": { "description": "Done." }, "200": { "content": { "application/json": { "schema": { "nullable": true, "allOf": [ { "$ref": "#/components/schemas/User" } ] } } } } } } },
            "/users": { "get": { "servers": [ { "url": "https://eu.example.com" } ], "security": [ ],
              "responses": { "200": { "headers": { "Link": { "schema": { "type": "string" } } }, "content": { "application/json": { "schema": { "type": "array", "maxItems": 10, "items": { "$ref": "#/components/schemas/User" } } } } } } } },
            "/text": { "get": { "responses": { "default": { "content": { "text/plain": { "schema": { "type": "string" } } } } } } } },
          "components": {
            "parameters": { "id": { "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 0, "exclusiveMinimum": true } } },
            "responses": { "User": { "description": "One.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/User" } } } } },
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" }, "basic": { "type": "http", "scheme": "basic" } },
            "schemas": {
              "User": { "type": "object", "required": [ "id", "name" ], "additionalProperties": false,
                "properties": { "id": { "type": "integer", "readOnly": true }, "name": { "type": "string", "minLength": 1, "nullable": true }, "boss": { "$ref": "#/components/schemas/User" },
                  "tags": { "type": "array", "uniqueItems": true, "items": { "oneOf": [ { "type": "string" }, { "$ref": "#/components/schemas/Tag" } ], "discriminator": { "propertyName": "kind" } } } } },
              "Tag": { "allOf": [ { "type": "object", "properties": { "kind": { "const": "tag" } } }, { "not": { "type": "array" } } ] } } } }
        """;
}
