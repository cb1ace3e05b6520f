using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Documents of one operation or a few, and what an import makes of them.</summary>
internal static class Imports
{
    internal static OpenApiImportOptions Users { get; } = new() { Id = "users", Version = "1.0.0" };

    internal static string Document(string paths, string more = "", string version = "3.0.3") =>
        $$"""{"openapi":"{{version}}","info":{"title":"Users","version":"1"},"servers":[{"url":"https://api.example.com/v1/"}],{{(more.Length > 0 ? more + "," : "")}}"paths":{{paths}}}""";

    /// <summary>A document with <c>GET /a</c>.</summary>
    internal static string Get(string operation, string more = "", string version = "3.0.3") => Document($$$"""{"/a":{"get":{{{operation}}}}}""", more, version);

    /// <summary>A document whose <c>GET /a</c> answers JSON of a schema.</summary>
    internal static string Answering(string schema, string schemas = "{}", string version = "3.0.3") =>
        Get($$$$$$$$$"""{"responses":{"200":{"content":{"application/json":{"schema":{{{{{{{{{schema}}}}}}}}}}}}}}""", $$$"""
            "components":{"schemas":{{{schemas}}}}
            """, version);

    /// <summary>A document whose <c>POST /a</c> takes JSON of a schema.</summary>
    internal static string Taking(string schema, string schemas = "{}", string version = "3.0.3") =>
        Document($$$$$$$$$"""{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{{{{{{{{{schema}}}}}}}}}}}}}}}""", $$$"""
            "components":{"schemas":{{{schemas}}}}
            """, version);

    internal static OpenApiImportResult Of(string document, OpenApiImportOptions? options = null) => OpenApiImport.Import(Encoding.UTF8.GetBytes(document), options ?? Users);

    /// <summary>The one action of a document, without any note.</summary>
    internal static ManifestAction Only(string document)
    {
        var result = Of(document);
        Assert.Empty(result.Errors);
        Assert.Empty(result.Notes);
        return Assert.Single(result.Manifest!.Actions);
    }

    /// <summary>The notes' codes and pointers.</summary>
    internal static string[] Lines(OpenApiImportResult result) => [.. result.Notes.Select(note => $"{note.Code} {note.Pointer}")];

    internal static void AssertJson(string expected, JsonElement? actual) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), actual!.Value), $"Expected {expected}\nbut was  {actual}");
}
