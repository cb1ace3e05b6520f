using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using PluginRuntime.Sdk.Export;
using PluginRuntime.Sdk.Export.Schemas;

namespace PluginRuntime.Tests.Sdk;

public sealed class SchemaExportTests
{
    private static readonly JsonSerializerOptions Reflection = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    [Fact]
    public void Create_Numbers_ArePlainUnlessWrittenAsText()
    {
        Same(
            """
            {"type":"object","properties":{"whole":{"type":"integer"},"maybe":{"type":["integer","null"]},"real":{"type":"number"},
            "exact":{"type":"number"},"text":{"type":["string","integer"],"pattern":"^-?(?:0|[1-9]\\d*)$"}},
            "required":["whole","real","exact","text"],"additionalProperties":false}
            """,
            Create<Numbers>());
    }

    [Fact]
    public void Create_Nullability_FollowsAnnotations()
    {
        Same(
            """
            {"type":"object","properties":{"text":{"type":"string"},"maybeText":{"type":["string","null"]},"maybeNumber":{"type":["integer","null"]},
            "elements":{"type":"array","items":{"type":["string","null"]}},
            "values":{"type":["object","null"],"additionalProperties":{"type":["string","null"]}},
            "member":{"type":["string","null"]},"annotated":{"type":["string","null"]}},
            "required":["text","elements","member","annotated"],"additionalProperties":false}
            """,
            Create<Nullability>());
    }

    [Fact]
    public void Create_AnyJson_IsTheEmptySchema()
    {
        Same(
            """
            {"type":"object","properties":{"value":{},"maybe":{},"thing":{},"map":{"type":"object"}},
            "required":["value","map"],"additionalProperties":false}
            """,
            Create<Anything>());
    }

    [Fact]
    public void Create_Defaults_AreTold()
    {
        Same(
            """
            {"type":"object","properties":{"number":{"type":"integer","default":5},"text":{"type":"string","default":"x"},
            "colour":{"enum":["Red","DarkBlue"],"default":"DarkBlue"}},"additionalProperties":false}
            """,
            Create<Defaults>());
    }

    [Fact]
    public void Create_Annotations_BecomeKeywords()
    {
        Same(
            """
            {"type":"object","properties":{
            "whole":{"type":"integer","description":"By parameter.","minimum":1,"maximum":10},
            "real":{"type":"number","exclusiveMinimum":0.5,"description":"By property."},
            "exact":{"type":"number","minimum":-1.5,"maximum":2},
            "text":{"type":"string","minLength":2,"maxLength":9},
            "items":{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3},
            "map":{"type":"object","additionalProperties":{"type":"integer"},"minProperties":1,"maxProperties":2},
            "pattern":{"type":"string","pattern":"^(?:[a-z]+)$"},
            "choice":{"type":"string","enum":["a","b"]},
            "bytes":{"type":"string"},
            "password":{"type":"string","writeOnly":true},
            "file":{"type":"string","format":"path"}},
            "required":["whole","real","exact","text","items","map","pattern","choice","bytes","password","file"],
            "description":"An annotated type.","additionalProperties":false}
            """,
            Create<Annotated>());
    }

    [Fact]
    public void Create_Output_IsOpenAndHonestAboutWhatIsLeftOut()
    {
        Same(
            """{"type":"object","properties":{"count":{"type":"integer"},"text":{"type":["string","null"]}}}""",
            Create<Sparse>(SchemaUse.Output));
    }

    [Fact]
    public void Create_ExtensionData_StaysOpen()
    {
        Same("""{"type":"object","properties":{"known":{"type":"integer"}}}""", Create<Open>());
    }

    [Fact]
    public void Create_Polymorphic_ClosesTheAlternatives()
    {
        Same(
            """
            {"type":"object","required":["$type"],"anyOf":[
            {"properties":{"$type":{"const":"square"},"side":{"type":"integer"}},"required":["side"],"additionalProperties":false},
            {"properties":{"$type":{"const":"circle"},"radius":{"type":"number"}},"required":["radius"],"additionalProperties":false}]}
            """,
            Create<Shape>());
    }

    [Fact]
    public void Create_Recursive_KeepsEachPropertysKeywordsApart()
    {
        var schema = Create<TreeNode>();

        foreach (var node in All(schema).OfType<JsonObject>().Where(node => node["properties"] is JsonObject).Select(node => node["properties"]!))
        {
            var left = Follow(schema, node["left"]!).AsObject();
            var right = Follow(schema, node["right"]!).AsObject();
            Same("""["object","null"]""", left["type"]!);
            Same("""["object","null"]""", right["type"]!);
            Assert.Equal("The one on the left.", left["description"]!.GetValue<string>());
            Assert.True(left["writeOnly"]!.GetValue<bool>());
            Assert.Equal("The one on the right.", right["description"]!.GetValue<string>());
            Assert.False(right.ContainsKey("writeOnly"));
            Assert.Equal(4, Follow(schema, node["many"]!)["maxItems"]!.GetValue<int>());
            Assert.False(Follow(schema, node["holes"]!).AsObject().ContainsKey("maxItems"));
        }
    }

    [Fact]
    public void Create_Recursive_EveryReferenceLeadsToASchema()
    {
        var schema = Create<TreeNode>();

        var references = All(schema).OfType<JsonObject>().Select(node => node["$ref"]).OfType<JsonValue>().Select(value => value.GetValue<string>()).ToList();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(Resolve(schema, reference) is JsonObject found && found.ContainsKey("type")));
    }

    [Fact]
    public void Create_RecursiveElements_AreNullableWhereAnnotated()
    {
        var schema = Create<TreeNode>();
        var holes = Follow(schema, schema["properties"]!["holes"]!);

        Same("""{"anyOf":[{"$ref":"#"},{"type":"null"}]}""", holes["items"]!);
    }

    [Fact]
    public void Create_TypeWithoutSchema_IsRefusedWithItsPlace()
    {
        var failure = Assert.Throws<ExportException>(
            () => SchemaExport.Create(Reflection.GetTypeInfo(typeof(Unsupported)), SchemaUse.Input));

        Assert.Equal(ExportException.Schema, failure.Code);
        Assert.Contains("System.Type", failure.Message, StringComparison.Ordinal);
        Assert.Contains("properties/Type", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_RangeOfNoNumbers_IsRefused()
    {
        var failure = Assert.Throws<ExportException>(() => Create<WrongRange>());

        Assert.Contains("WrongRange.when", failure.Message, StringComparison.Ordinal);
    }

    private static JsonNode Create<T>(SchemaUse use = SchemaUse.Input) => SchemaExport.Create(SchemaJson.Default.GetTypeInfo(typeof(T))!, use);

    private static void Same(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}{Environment.NewLine}but got {actual.ToJsonString()}");

    private static JsonNode Follow(JsonNode root, JsonNode schema) => schema["$ref"] is { } reference ? Resolve(root, reference.GetValue<string>()) : schema;

    private static JsonNode Resolve(JsonNode root, string reference) => reference == "#"
        ? root
        : reference[2..].Split('/').Aggregate(root, (node, name) => node is JsonArray items ? items[int.Parse(name, null)]! : node[name]!);

    private static IEnumerable<JsonNode?> All(JsonNode? node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return children.SelectMany(All).Prepend(node);
    }
}
