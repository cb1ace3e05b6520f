using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class JsonSchemaCompileTests
{
    [Theory]
    [InlineData("1", " schema.invalid")]
    [InlineData("""{"properties":{"a":{"tpye":"string"}}}""", "/properties/a/tpye schema.keyword-unknown")]
    [InlineData("""{"$defs":{"unused":{"x~/y":1}}}""", "/$defs/unused/x~0~1y schema.keyword-unknown")]
    [InlineData("""{"contentSchema":{"nope":1},"definitions":{"a":{"nope":1}}}""", "/definitions/a/nope schema.keyword-unknown", "/contentSchema/nope schema.keyword-unknown")]
    [InlineData("""{"type":"strin"}""", "/type schema.keyword-invalid")]
    [InlineData("""{"type":["string","string"]}""", "/type schema.keyword-invalid")]
    [InlineData("""{"type":[]}""", "/type schema.keyword-invalid")]
    [InlineData("""{"enum":1}""", "/enum schema.keyword-invalid")]
    [InlineData("""{"minLength":-1,"maxLength":1.5,"minItems":"1"}""", "/minLength schema.keyword-invalid", "/maxLength schema.keyword-invalid", "/minItems schema.keyword-invalid")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf schema.keyword-invalid")]
    [InlineData("""{"required":["a","a"]}""", "/required schema.keyword-invalid")]
    [InlineData("""{"required":[1]}""", "/required schema.keyword-invalid")]
    [InlineData("""{"dependentRequired":{"a":"b"}}""", "/dependentRequired schema.keyword-invalid")]
    [InlineData("""{"uniqueItems":1,"title":2,"examples":{}}""", "/title schema.keyword-invalid", "/examples schema.keyword-invalid", "/uniqueItems schema.keyword-invalid")]
    [InlineData("""{"allOf":[]}""", "/allOf schema.keyword-invalid")]
    [InlineData("""{"properties":[]}""", "/properties schema.keyword-invalid")]
    [InlineData("""{"items":[true]}""", "/items schema.invalid")]
    [InlineData("""{"pattern":"("}""", "/pattern schema.pattern-invalid")]
    [InlineData("""{"pattern":"(?i)a"}""", "/pattern schema.pattern-invalid")]
    [InlineData("""{"patternProperties":{"[b-a]":true}}""", "/patternProperties/[b-a] schema.pattern-invalid")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#"}""", "/$schema schema.dialect")]
    [InlineData("""{"$ref":"other.json"}""", "/$ref schema.ref-remote")]
    [InlineData("""{"$ref":"https://json-schema.org/draft/2020-12/schema"}""", "/$ref schema.ref-remote")]
    [InlineData("""{"$ref":"file:///etc/passwd"}""", "/$ref schema.ref-remote")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "/$ref schema.ref-unresolved")]
    [InlineData("""{"$ref":"#none"}""", "/$ref schema.ref-unresolved")]
    [InlineData("""{"$ref":"#/allOf/01","allOf":[true,true]}""", "/$ref schema.ref-unresolved")]
    [InlineData("""{"$ref":1}""", "/$ref schema.keyword-invalid")]
    [InlineData("""{"$ref":"#"}""", " schema.ref-cycle")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[true,{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}""", "/$defs/b/not schema.ref-cycle")]
    [InlineData("""{"$id":"a#b"}""", "/$id schema.keyword-invalid")]
    [InlineData("""{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}""", "/$defs/b/$id schema.id-duplicate")]
    [InlineData("""{"$anchor":"1"}""", "/$anchor schema.keyword-invalid")]
    [InlineData("""{"$anchor":"a","$defs":{"b":{"$anchor":"a"}}}""", "/$defs/b/$anchor schema.id-duplicate")]
    [InlineData("""{"type":"string","type":"string"}""", "/type json.duplicate-key")]
    [InlineData("{\"title\":\"\\uD800\"}", "/title json.invalid-text")]
    public void Compile_Broken_SaysWhereAndWhat(string schema, params string[] expected)
    {
        Assert.Equal(expected, Schemas.CompileErrors(schema));
    }

    [Theory]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$vocabulary":{},"$defs":{}}""")]
    [InlineData("""{"properties":{"$ref":{"type":"string"}},"default":{"$ref":"none","whatever":1}}""")]
    [InlineData("""{"properties":{"next":{"$ref":"#"}}}""")]
    public void Compile_Sound_GivesASchema(string schema)
    {
        Assert.NotNull(Schemas.TryCompile(schema).Schema);
    }

    [Theory]
    [InlineData("""{"$defs":{"a":{"type":"string"}},"$ref":"#/$defs/a"}""", "1", " schema.type")]
    [InlineData("""{"$defs":{"a b%":{"type":"string"}},"$ref":"#/$defs/a%20b%25"}""", "1", " schema.type")]
    [InlineData("""{"$defs":{"a":{"$anchor":"x","type":"string"}},"$ref":"#x"}""", "1", " schema.type")]
    [InlineData("""{"$id":"http://x.example/root","$defs":{"a":{"$id":"child","type":"string"}},"$ref":"child"}""", "1", " schema.type")]
    [InlineData("""{"$id":"urn:x:y","$defs":{"a":{"type":"string"}},"$ref":"urn:x:y#/$defs/a"}""", "1", " schema.type")]
    [InlineData("""{"examples":[{"type":"string"}],"$ref":"#/examples/0"}""", "1", " schema.type")]
    [InlineData("""{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}""", """{"next":{"next":{"x":1}}}""", "/next/next/x schema.additional-properties")]
    [InlineData(
        """
        {"$id":"http://x.example/tight","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
         "$defs":{"tree":{"$id":"tree","$dynamicAnchor":"node","properties":{"kids":{"items":{"$dynamicRef":"#node"}}}}}}
        """,
        """{"kids":[{"kids":[{"typo":1}]}]}""",
        "/kids/0/kids/0/typo schema.unevaluated-properties")]
    public void Validate_Reference_IsFollowed(string schema, string instance, params string[] expected)
    {
        Assert.Equal(expected, Schemas.Errors(schema, instance));
    }

    [Fact]
    public void Compile_DocumentDisposed_SchemaGoesOn()
    {
        JsonSchema schema;
        using (var document = JsonDocument.Parse("""{"enum":["a",["b"]]}"""))
        {
            schema = JsonSchema.Compile(document.RootElement).Schema!;
        }

        Assert.Empty(schema.Validate("""["b"]"""u8.ToArray()));
    }
}
