namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>What an operation answers becomes the output.</summary>
public sealed class AnswerImportTests
{
    [Theory]
    [InlineData("""{"200":{"content":{"application/json":{"schema":{"type":"string"}}}},"404":{"content":{"application/json":{"schema":{"type":"integer"}}}}}""", """{"type":"string"}""")]
    [InlineData("""{"201":{"content":{"application/json":{"schema":{"type":"string"}}}},"204":{}}""", """{"anyOf":[{"type":"string"},{"type":"null"}]}""")]
    [InlineData("""{"200":{"content":{"application/json":{"schema":{"type":"string"}}}},"202":{"content":{"application/json":{"schema":{"type":"integer"}}}}}""", """{"anyOf":[{"type":"string"},{"type":"integer"}]}""")]
    [InlineData("""{"2XX":{"content":{"application/vnd.x+json":{"schema":{"type":"string"}}}}}""", """{"type":"string"}""")]
    [InlineData("""{"default":{"content":{"application/json":{"schema":{"type":"string"}}}}}""", """{"type":"string"}""")]
    [InlineData("""{"200":{"content":{"application/json":{"schema":{"type":"string"}}}},"default":{"content":{"application/json":{"schema":{"type":"integer"}}}}}""", """{"type":"string"}""")]
    [InlineData("""{"204":{}}""", """{"type":"null"}""")]
    [InlineData("""{"200":{"description":"Who knows."}}""", null)]
    [InlineData("""{"200":{"content":{"application/json":{}}}}""", null)]
    [InlineData("""{"200":{"content":{"application/json":{"schema":{"type":"string"}}}},"202":{}}""", null)]
    [InlineData("""{"404":{}}""", null)]
    [InlineData("{}", null)]
    public void Output_IsWhatEverySuccessAnswers(string responses, string? schema)
    {
        var action = Imports.Only(Imports.Get($$"""{"responses":{{responses}}}"""));

        Assert.Equal(schema is null, action.OutputSchema is null);
        if (schema is not null)
        {
            Imports.AssertJson(schema, action.OutputSchema);
        }
    }

    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("application/vnd.api+json", "application/vnd.api+json")]
    [InlineData("application/json; charset=utf-8", null)]
    [InlineData("*/*", null)]
    public void Accept_IsWhatTheAnswerIs(string type, string? accept)
    {
        var http = Imports.Only(Imports.Get($$$$$$$$$"""{"responses":{"200":{"content":{"text/html":{},"{{{{{{{{{type}}}}}}}}}":{}}}}}""")).Http!.Value;

        Assert.Equal(accept, http.TryGetProperty("headers", out var headers) ? headers.GetProperty("Accept").GetString() : null);
        Assert.False(http.TryGetProperty("response", out _));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/yaml")]
    public void Text_IsRead(string type)
    {
        var action = Imports.Only(Imports.Get($$$$$$$$$"""{"responses":{"200":{"content":{"{{{{{{{{{type}}}}}}}}}":{"schema":{"type":"object"}}}}}}"""));

        Assert.Equal("text", action.Http!.Value.GetProperty("response").GetString());
        Imports.AssertJson("""{"type":["string","null"]}""", action.OutputSchema);
    }

    [Theory]
    [InlineData("""{"200":{"content":{"application/pdf":{}}}}""", "/paths/~1a/get/responses/200")]
    [InlineData("""{"200":{"content":{"text/event-stream":{}}}}""", "/paths/~1a/get/responses/200")]
    [InlineData("""{"302":{}}""", "/paths/~1a/get")]
    public void Answer_ThatCannotBeRead_LeavesTheOperationOut(string responses, string pointer)
    {
        var result = Imports.Of(Imports.Document($$$$"""{"/a":{"get":{"responses":{{{{responses}}}}}},"/b":{"get":{}}}"""));

        Assert.Equal([$"import.response-type {pointer}"], Imports.Lines(result));
        Assert.Equal("get-b", Assert.Single(result.Manifest!.Actions).Id);
    }

    [Fact]
    public void Answer_OneOfSeveralIsNoJson_IsNoted() =>
        Assert.Equal(
            ["import.response-type /paths/~1a/get/responses/206"],
            Imports.Lines(Imports.Of(Imports.Get("""{"responses":{"200":{"content":{"application/json":{}}},"206":{"content":{"application/zip":{}}}}}"""))));

    [Fact]
    public void Head_AnswersNothing()
    {
        var action = Imports.Only(Imports.Document("""{"/a":{"head":{"responses":{"200":{"content":{"application/json":{}}}}}}}"""));

        Imports.AssertJson("""{"type":"null"}""", action.OutputSchema);
        Assert.True(action.Idempotent);
    }

    [Fact]
    public void Pages_LinkHeaderAndAnArray_AreFollowed()
    {
        var action = Imports.Only(Imports.Get(
            """{"responses":{"200":{"headers":{"link":{"$ref":"#/x"}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Page"}}}}}}""",
            """
            "components":{"schemas":{"Page":{"type":"array","maxItems":30,"items":{"type":"string"}}}}
            """));

        Imports.AssertJson("""{"next":"link","maxPages":100}""", action.Http!.Value.GetProperty("paging"));
        Imports.AssertJson("""{"type":"array","items":{"type":"string"}}""", action.OutputSchema);
    }

    [Theory]
    [InlineData("""{"200":{"content":{"application/json":{"schema":{"type":"array","items":{}}}}}}""")]
    [InlineData("""{"200":{"headers":{"Link":{}},"content":{"application/json":{"schema":{"type":"object"}}}}}""")]
    [InlineData("""{"200":{"headers":{"Link":{}},"content":{"application/json":{"schema":{"type":"array","items":{},"oneOf":[{"minItems":1}]}}}}}""")]
    [InlineData("""{"200":{"headers":{"Link":{}},"content":{"application/json":{"schema":{"type":"array","items":{}}}}},"202":{"content":{"application/json":{"schema":{}}}}}""")]
    public void Pages_NotPlain_AreNotFollowed(string responses) =>
        Assert.False(Imports.Only(Imports.Get($$"""{"responses":{{responses}}}""")).Http!.Value.TryGetProperty("paging", out _));
}
