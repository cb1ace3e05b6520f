using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Tests.Manifests.Schema;

public sealed class SchemaRelocationTests
{
    [Theory]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}""", "\"x\"", "1")]
    [InlineData("""{"$ref":"#/$defs/a%20b","$defs":{"a b":{"type":"string"}}}""", "\"x\"", "1")]
    [InlineData("""{"type":["object","null"],"properties":{"next":{"$ref":"#"}}}""", """{"next":{"next":null}}""", """{"next":{"next":1}}""")]
    [InlineData("""{"$ref":"#text","$defs":{"x":{"$anchor":"text","type":"string"}}}""", "\"x\"", "1")]
    [InlineData("""{"$id":"https://a.example/root","$ref":"other#/$defs/t","$defs":{"o":{"$id":"other","$defs":{"t":{"type":"string"}}}}}""", "\"x\"", "1")]
    [InlineData("""{"$id":"https://a.example/root","items":{"$ref":"https://a.example/item"},"$defs":{"i":{"$id":"item","$ref":"#/$defs/n","$defs":{"n":{"type":"number"}}}}}""", "[1]", """["x"]""")]
    [InlineData("""{"$dynamicAnchor":"node","type":"object","properties":{"child":{"$dynamicRef":"#node"}}}""", """{"child":{}}""", """{"child":1}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","const":{"$ref":"#/$defs/x","$id":"y"}}""", """{"$ref":"#/$defs/x","$id":"y"}""", "{}")]
    [InlineData("""{"anyOf":[{"$ref":"#/$defs/s"},false],"prefixItems":[true],"$defs":{"s":{"minLength":2}}}""", "\"xx\"", "\"x\"")]
    [InlineData("false", null, "1")]
    public void Move_MeansTheSameElsewhere(string schema, string? good, string bad)
    {
        var moved = SchemaRelocation.Move(JsonElement.Parse(schema), "#/$defs/home");
        var document = new JsonObject { ["$ref"] = "#/$defs/home", ["$defs"] = new JsonObject { ["home"] = moved } };

        var (compiled, errors) = JsonSchema.Compile(JsonElement.Parse(document.ToJsonString()));

        Assert.Empty(errors);
        Assert.Empty(good is null ? [] : compiled!.Validate(Encoding.UTF8.GetBytes(good)));
        Assert.NotEmpty(compiled!.Validate(Encoding.UTF8.GetBytes(bad)));
        Assert.DoesNotContain("a.example", document.ToJsonString(), StringComparison.Ordinal);
    }
}
