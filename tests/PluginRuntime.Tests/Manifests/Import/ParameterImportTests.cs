using System.Globalization;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Parameters and bodies become properties of the input, and go where the document says.</summary>
public sealed class ParameterImportTests
{
    [Fact]
    public void Parameters_OfEveryPlace_BecomeProperties()
    {
        var action = Imports.Only(Imports.Document(
            """
            {"/users/{user-id}/x.{format}":{"parameters":[{"$ref":"#/components/parameters/id"},{"name":"q","in":"query","schema":{"type":"integer"}}],
              "get":{"parameters":[{"name":"format","in":"path","required":true,"schema":{"type":"string"}},
                {"name":"q","in":"query","required":true,"description":"What to look for.","deprecated":true,"schema":{"type":"string","nullable":true}},
                {"name":"filter[name]","in":"query","schema":{"type":"array","items":{"type":"string"}}},
                {"name":"$top","in":"query","style":"form","explode":true,"schema":{"type":"integer","format":"int32"}},
                {"name":"X-Trace","in":"header","schema":{"type":"string","format":"uuid"}},
                {"name":"Accept","in":"header","schema":{"type":"string"}}]}}}
            """,
            """
            "components":{"parameters":{"id":{"name":"user-id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/Id"}}},"schemas":{"Id":{"type":"integer","minimum":0,"exclusiveMinimum":true}}}
            """));

        Imports.AssertJson(
            """
            {"type":"object","properties":{"user-id":{"$ref":"#/$defs/Id"},"format":{"type":"string"},
              "q":{"type":["string","null"],"description":"What to look for.","deprecated":true},"filter_name":{"type":"array","items":{"type":"string"}},
              "top":{"type":"integer","format":"int32"},"X-Trace":{"type":"string","format":"uuid"}},
             "additionalProperties":false,"required":["user-id","format","q"],"$defs":{"Id":{"type":"integer","exclusiveMinimum":0}}}
            """,
            action.InputSchema);
        Imports.AssertJson(
            """
            {"method":"GET","path":"/users/{user-id}/x.{format}","query":{"q":"{q}","filter[name]":"{filter_name}","$top":"{top}"},"headers":{"X-Trace":"{X-Trace}"}}
            """,
            action.Http);
    }

    [Fact]
    public void Names_Alike_AreToldApartByTheirPlaces()
    {
        var action = Imports.Only(Imports.Document("""
            {"/{id}":{"post":{"parameters":[{"name":"id","in":"header","schema":{}},{"name":"id","in":"query","schema":{}},{"name":"id[]","in":"query","schema":{}},
              {"name":"body","in":"query","schema":{}},{"name":"1st","in":"query","schema":{}},{"name":"id","in":"path","required":true,"schema":{}}],
              "requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object"}}}}}}}
            """));

        Imports.AssertJson(
            """
            {"method":"POST","path":"/{id}","query":{"id":"{id_query}","id[]":"{id_query_2}","body":"{body}","1st":"{_1st}"},"headers":{"id":"{id_header}"},"body":"{body_json}"}
            """,
            action.Http);
        Imports.AssertJson("""["id","body_json"]""", action.InputSchema!.Value.GetProperty("required"));
    }

    [Theory]
    [InlineData("""{"name":"c","in":"cookie","schema":{"type":"string"}}""", "import.cookie")]
    [InlineData("""{"name":"q","in":"query","style":"deepObject","schema":{"type":"object"}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","schema":{"type":"object"}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","explode":false,"schema":{"type":"array","items":{"type":"string"}}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","style":"pipeDelimited","schema":{"type":"array","items":{"type":"string"}}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","schema":{"type":"array","items":{"type":"object"}}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","schema":{"anyOf":[{"type":"object"},{"properties":{}}]}}""", "import.parameter-style")]
    [InlineData("""{"name":"h","in":"header","schema":{"type":"array","items":{"type":"string"}}}""", "import.parameter-style")]
    [InlineData("""{"name":"h","in":"header","schema":{"$ref":"#/components/schemas/List"}}""", "import.parameter-style")]
    [InlineData("""{"name":"q","in":"query","content":{"application/json":{}}}""", "import.parameter-content")]
    [InlineData("""{"name":"Host","in":"header","schema":{}}""", "import.header")]
    [InlineData("""{"name":"a b","in":"header","schema":{}}""", "import.header")]
    public void Parameter_ThatCannotBeSent_IsLeftOutOrTheOperationIs(string parameter, string code)
    {
        const string Schemas = """
            "components":{"schemas":{"List":{"allOf":[{"type":"array"}]}}}
            """;

        var optional = Imports.Of(Imports.Get($$"""{"parameters":[{{parameter}}]}""", Schemas));
        Assert.Equal([$"{code} /paths/~1a/get/parameters/0"], Imports.Lines(optional));
        Imports.AssertJson("{}", Assert.Single(optional.Manifest!.Actions).InputSchema!.Value.GetProperty("properties"));

        var required = Imports.Of(Imports.Get($$"""{"parameters":[{{parameter.Replace("\"in\"", "\"required\":true,\"in\"", StringComparison.Ordinal)}}]}""", Schemas));
        Assert.Equal(["import.nothing-bound", code], required.Errors.Select(error => error.Code));
        Assert.Equal("/document/paths/~1a/get/parameters/0", required.Errors[1].Pointer);
    }

    [Theory]
    [InlineData("""{"type":["array","null"],"items":{"type":["integer","null"]}}""")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}""")]
    [InlineData("""{"allOf":[{"type":"integer"},{"type":"number"}]}""")]
    [InlineData("{}")]
    [InlineData("true")]
    public void Parameter_ThatMayBePlain_IsTaken(string schema) =>
        Assert.NotNull(Imports.Only(Imports.Get($$$"""{"parameters":[{"name":"q","in":"query","schema":{{{schema}}}}]}""", version: "3.1.0")).Http);

    [Fact]
    public void Parameter_OfTheCredential_IsNotTheCallers()
    {
        var action = Imports.Only(Imports.Get(
            """{"security":[{"k":[]}],"parameters":[{"name":"x-key","in":"header","required":true,"schema":{}},{"name":"Authorization","in":"header","required":true,"schema":{}}]}""",
            """
            "components":{"securitySchemes":{"k":{"type":"apiKey","in":"header","name":"X-Key"}}}
            """));

        Assert.False(action.Http!.Value.TryGetProperty("headers", out _));
    }

    [Fact]
    public void Parameter_OfAKeyThatTheDocumentDoesNotCallOne_IsNotTheCallers() =>
        Assert.False(Imports.Only(Imports.Get("""{"parameters":[{"name":"x-api-key","in":"header","required":true,"schema":{}}]}""")).Http!.Value.TryGetProperty("headers", out _));

    [Theory]
    [InlineData("/a/{id}", "import.parameter-missing")]
    [InlineData("/a b", "import.path")]
    [InlineData("/a?x=1", "import.path")]
    [InlineData("/a#x", "import.path")]
    [InlineData("/a//b", "import.path")]
    [InlineData("/a/{", "import.path")]
    [InlineData("/a/..", "import.path")]
    public void Path_Unusual_IsNoted(string path, string code) =>
        Assert.Contains(
            $"{code} /paths/{path.Replace("/", "~1", StringComparison.Ordinal)}/get",
            Imports.Lines(Imports.Of(Imports.Document($$$$"""{"/ok":{"get":{}},"{{{{path}}}}":{"get":{}}}"""))));

    [Fact]
    public void Parameters_Malformed_AreNoted() =>
        Assert.Equal(
            ["import.malformed /paths/~1a/get/parameters/0", "import.malformed /paths/~1a/get/parameters/1", "import.ref-unresolved /paths/~1a/get/parameters/2/$ref",
                "import.malformed /paths/~1a/get/parameters/3", "import.malformed /paths/~1a/get/parameters/4"],
            Imports.Lines(Imports.Of(Imports.Get("""{"parameters":[7,{"name":"q"},{"$ref":"#/none"},{"name":"q","in":"body"},{"name":"z","in":"path","required":true}]}"""))));

    [Fact]
    public void Parameters_TooMany_LeaveTheOperationOut()
    {
        var many = string.Join(',', Enumerable.Range(0, 300).Select(number => $$"""{"name":"{{number.ToString(CultureInfo.InvariantCulture)}}","in":"query"}"""));

        Assert.Contains("import.parameters-too-many", Imports.Of(Imports.Get($$"""{"parameters":[{{many}}]}""")).Errors.Select(error => error.Code));
    }

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("application/json; charset=utf-8", null)]
    [InlineData("application/merge-patch+json", "application/merge-patch+json")]
    [InlineData("*/*", null)]
    public void Body_Json_IsOneProperty(string type, string? contentType)
    {
        var action = Imports.Only(Imports.Document(
            """{"/a":{"post":{"requestBody":{"$ref":"#/components/requestBodies/b"}}}}""",
            $$$$$$$"""
            "components":{"requestBodies":{"b":{"description":"A user.","required":true,"content":{"text/csv":{},"{{{{{{{type}}}}}}}":{"schema":{"type":"object"}}}}}}
            """));

        Imports.AssertJson("""{"type":"object","description":"A user."}""", action.InputSchema!.Value.GetProperty("properties").GetProperty("body"));
        Imports.AssertJson("""["body"]""", action.InputSchema.Value.GetProperty("required"));
        Assert.Equal("{body}", action.Http!.Value.GetProperty("body").GetString());
        Assert.False(action.Idempotent);
        Assert.Equal(contentType, action.Http.Value.TryGetProperty("headers", out var headers) ? headers.GetProperty("Content-Type").GetString() : null);
    }

    [Theory]
    [InlineData("post", "multipart/form-data", "import.body-multipart", "/content")]
    [InlineData("post", "application/x-www-form-urlencoded", "import.body-type", "/content")]
    [InlineData("post", "application/octet-stream", "import.body-type", "/content")]
    [InlineData("get", "application/json", "import.body-unexpected", "")]
    [InlineData("delete", "application/json", "import.body-unexpected", "")]
    public void Body_ThatCannotBeSent_IsLeftOutOrTheOperationIs(string method, string type, string code, string below)
    {
        string Document(string required) => Imports.Document($$$$$$$$$"""{"/a":{"{{{{{{{{{method}}}}}}}}}":{"requestBody":{"required":{{{{{{{{{required}}}}}}}}},"content":{"{{{{{{{{{type}}}}}}}}}":{}}}}}}""");

        var optional = Imports.Of(Document("false"));
        Assert.Equal([$"{code} /paths/~1a/{method}/requestBody{below}"], Imports.Lines(optional));
        Assert.False(Assert.Single(optional.Manifest!.Actions).Http!.Value.TryGetProperty("body", out _));
        Assert.Equal(["import.nothing-bound", code], Imports.Of(Document("true")).Errors.Select(error => error.Code));
    }
}
