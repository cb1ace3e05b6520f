using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Schemas of OpenAPI become those of JSON Schema 2020-12.</summary>
public sealed class SchemaImportTests
{
    [Theory]
    [InlineData("""{"type":"string","nullable":true}""", """{"type":["string","null"]}""")]
    [InlineData("""{"type":"string","nullable":false}""", """{"type":"string"}""")]
    [InlineData("""{"type":"string","nullable":true,"enum":["a"]}""", """{"type":["string","null"],"enum":["a",null]}""")]
    [InlineData("""{"nullable":true,"allOf":[{"type":"object"}]}""", """{"anyOf":[{"allOf":[{"type":"object"}]},{"type":"null"}]}""")]
    [InlineData("""{"type":"object","nullable":true,"allOf":[{"type":"object"}]}""", """{"anyOf":[{"type":"object","allOf":[{"type":"object"}]},{"type":"null"}]}""")]
    [InlineData("""{"nullable":true,"enum":["a"]}""", """{"anyOf":[{"enum":["a"]},{"type":"null"}]}""")]
    [InlineData("""{"nullable":true,"description":"Anything."}""", """{"description":"Anything."}""")]
    [InlineData("""{"type":"number","minimum":1,"exclusiveMinimum":true,"maximum":9,"exclusiveMaximum":false}""", """{"type":"number","exclusiveMinimum":1,"maximum":9}""")]
    [InlineData("""{"type":"number","exclusiveMaximum":9}""", """{"type":"number","exclusiveMaximum":9}""")]
    [InlineData("""{"type":"string","example":"x","externalDocs":{},"xml":{},"x-y":1,"deprecated":true,"title":"T"}""", """{"type":"string","deprecated":true,"title":"T"}""")]
    [InlineData("""{"oneOf":[{"type":"object"},{"type":"string"}],"discriminator":{"propertyName":"t"}}""", """{"anyOf":[{"type":"object"},{"type":"string"}]}""")]
    [InlineData("""{"oneOf":[{"type":"object"}],"anyOf":[{"type":"object"},{"type":"string"}]}""", """{"oneOf":[{"type":"object"}],"anyOf":[{"type":"object"},{"type":"string"}]}""")]
    [InlineData("""{"type":"object","additionalProperties":false,"properties":{"a":{"not":{"type":"null"}}}}""", """{"type":"object","properties":{"a":{}}}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string","nullable":true},"maxProperties":3}""", """{"type":"object","additionalProperties":{"type":["string","null"]},"maxProperties":3}""")]
    [InlineData("""{"type":"string","format":"date-time","default":"x"}""", """{"type":"string"}""")]
    [InlineData("""{"type":"integer","format":"int64"}""", """{"type":"integer","format":"int64"}""")]
    public void Words_OfOpenApi_AreTranslated(string schema, string expected) => Imports.AssertJson(expected, Imports.Only(Imports.Answering(schema)).OutputSchema);

    [Theory]
    [InlineData("""{"type":["string","null"],"const":"a","examples":["a"],"$comment":"x","$id":"https://x/y"}""", """{"type":["string","null"],"const":"a"}""")]
    [InlineData("""{"type":"object","patternProperties":{"^a":{"type":"string"}},"unevaluatedProperties":false}""", """{"type":"object","patternProperties":{"^a":{"type":"string"}}}""")]
    [InlineData("""{"prefixItems":[{"type":"string"},true],"items":false}""", """{"prefixItems":[{"type":"string"},true],"items":false}""")]
    [InlineData("""{"$ref":"#/components/schemas/A","description":"That one.","minLength":1}""", """{"$ref":"#/$defs/A","description":"That one.","minLength":1,"$defs":{"A":{"type":"string"}}}""")]
    public void Words_Of31_Stay(string schema, string expected) =>
        Imports.AssertJson(expected, Imports.Only(Imports.Answering(schema, """{"A":{"type":"string"}}""", "3.1.0")).OutputSchema);

    [Fact]
    public void Siblings_OfAReferenceIn30_HaveNoMeaning() =>
        Imports.AssertJson(
            """{"anyOf":[{"$ref":"#/$defs/A","description":"Kept."},{"type":"null"}],"$defs":{"A":{"type":"string"}}}""",
            Imports.Only(Imports.Answering("""{"$ref":"#/components/schemas/A","description":"Kept.","minLength":1,"nullable":true}""", """{"A":{"type":"string"}}""")).OutputSchema);

    [Fact]
    public void Input_KeepsFormatsAndDefaults() =>
        Imports.AssertJson(
            """{"type":"string","format":"date-time","default":"x"}""",
            Imports.Only(Imports.Taking("""{"type":"string","format":"date-time","default":"x"}""")).InputSchema!.Value.GetProperty("properties").GetProperty("body"));

    [Theory]
    [InlineData("""{"additionalProperties":false,"not":{"required":["b"]}}""", """{"additionalProperties":false,"not":{"required":["b"]}}""")]
    [InlineData("""{"allOf":[{"additionalProperties":false},{"additionalProperties":{}}]}""", """{"allOf":[{},{"additionalProperties":{}}]}""")]
    [InlineData("""{"allOf":[{"additionalProperties":false}]}""", """{"allOf":[{"additionalProperties":false}]}""")]
    [InlineData("""{"oneOf":[{"additionalProperties":false},{"type":"null"}]}""", """{"anyOf":[{"additionalProperties":false},{"type":"null"}]}""")]
    [InlineData("""{"properties":{"a":{"additionalProperties":false}},"oneOf":[{"additionalProperties":false}]}""", """{"properties":{"a":{"additionalProperties":false}},"anyOf":[{}]}""")]
    [InlineData("""{"additionalProperties":false,"properties":{"a":{}},"allOf":[{"properties":{"b":{}}}]}""", """{"unevaluatedProperties":false,"properties":{"a":{}},"allOf":[{"properties":{"b":{}}}]}""")]
    public void Closed_InTheInput_IsClosedAsAWhole(string schema, string expected) =>
        Imports.AssertJson(expected, Imports.Only(Imports.Taking(schema)).InputSchema!.Value.GetProperty("properties").GetProperty("body"));

    [Fact]
    public void Closed_ReferredToAsPartAndAsWhole_IsBoth() =>
        Imports.AssertJson(
            """{"A":{"type":"object","additionalProperties":false},"A-2":{"type":"object"}}""",
            Imports.Only(Imports.Taking(
                """{"properties":{"a":{"$ref":"#/components/schemas/A"},"b":{"allOf":[{"$ref":"#/components/schemas/A"},{"type":"object"}]}}}""",
                """{"A":{"type":"object","additionalProperties":false}}""")).InputSchema!.Value.GetProperty("$defs"));

    [Fact]
    public void Required_OnlyOneWay_IsRequiredThatWay()
    {
        const string Schema = """{"type":"object","required":["id","secret","name","ref"],"properties":{"id":{"readOnly":true},"secret":{"writeOnly":true},"name":{},"ref":{"$ref":"#/components/schemas/R"}}}""";
        const string Referred = """{"R":{"type":"string","readOnly":true}}""";

        Imports.AssertJson(
            """["secret","name"]""", Imports.Only(Imports.Taking(Schema, Referred)).InputSchema!.Value.GetProperty("properties").GetProperty("body").GetProperty("required"));
        Imports.AssertJson("""["id","name","ref"]""", Imports.Only(Imports.Answering(Schema, Referred)).OutputSchema!.Value.GetProperty("required"));
    }

    [Fact]
    public void Recursion_StaysRecursion()
    {
        var action = Imports.Only(Imports.Answering(
            """{"$ref":"#/components/schemas/Node"}""",
            """{"Node":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/components/schemas/Node"}},"up":{"$ref":"#/components/schemas/Up"}}},"Up":{"$ref":"#/components/schemas/Node"}}"""));

        Imports.AssertJson(
            """
            {"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},
              "children":{"type":"array","items":{"$ref":"#/$defs/Node"}},"up":{"$ref":"#/$defs/Up"}}},"Up":{"$ref":"#/$defs/Node"}}}
            """,
            action.OutputSchema);
        var schema = JsonSchema.Compile(action.OutputSchema!.Value).Schema!;
        Assert.Empty(schema.Validate(JsonElement.Parse("""{"name":"a","children":[{"name":"b","up":{"name":"a"}}]}""")));
        Assert.NotEmpty(schema.Validate(JsonElement.Parse("""{"name":"a","children":[{"name":"b","up":{}}]}""")));
    }

    [Fact]
    public void Reference_ToAnyPlace_IsFollowed()
    {
        var document = Imports.Document(
            """
            {"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"type":"object","properties":{"x":{"type":"integer"}}}}}}}}},
             "/b":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/paths/~1a/get/responses/200/content/application~1json/schema/properties/x"}}}}}}}}
            """);

        Imports.AssertJson("""{"$ref":"#/$defs/x","$defs":{"x":{"type":"integer"}}}""", Imports.Of(document).Manifest!.Actions[1].OutputSchema);
    }

    [Fact]
    public void Definitions_OfOneName_AreToldApart()
    {
        var action = Imports.Only(Imports.Answering(
            """{"anyOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/B/properties/A"},{"$ref":"#/components/schemas/~1%C3%A9"}]}""",
            """{"A":{"type":"string"},"B":{"properties":{"A":{"type":"integer"}}},"/é":{"type":"null"}}"""));

        Imports.AssertJson("""{"A":{"type":"string"},"A-2":{"type":"integer"},"1":{"type":"null"}}""", action.OutputSchema!.Value.GetProperty("$defs"));
    }

    [Theory]
    [InlineData("""{"$ref":"https://example.com/x.json"}""", "import.ref-remote /paths/~1a/get/responses/200/content/application~1json/schema/$ref", "{}")]
    [InlineData("""{"$ref":"file:///etc/passwd"}""", "import.ref-remote /paths/~1a/get/responses/200/content/application~1json/schema/$ref", "{}")]
    [InlineData("""{"$ref":"#/components/schemas/None"}""", "import.ref-unresolved /paths/~1a/get/responses/200/content/application~1json/schema/$ref", "{}")]
    [InlineData("""{"$ref":7}""", "import.ref-unresolved /paths/~1a/get/responses/200/content/application~1json/schema/$ref", "{}")]
    [InlineData("""{"type":"date"}""", "import.keyword /paths/~1a/get/responses/200/content/application~1json/schema/type", "{}")]
    [InlineData("""{"type":"string","pattern":"(["}""", "import.keyword /paths/~1a/get/responses/200/content/application~1json/schema/pattern", """{"type":"string"}""")]
    [InlineData("""{"items":{"type":"object","required":true}}""", "import.keyword /paths/~1a/get/responses/200/content/application~1json/schema/items/required", """{"items":{"type":"object"}}""")]
    [InlineData("""{"items":[{"type":"object"}]}""", "import.schema-invalid /paths/~1a/get/responses/200/content/application~1json/schema/items", """{"items":{}}""")]
    [InlineData("""{"allOf":[]}""", "import.keyword /paths/~1a/get/responses/200/content/application~1json/schema/allOf", "{}")]
    [InlineData("""{"properties":[]}""", "import.keyword /paths/~1a/get/responses/200/content/application~1json/schema/properties", "{}")]
    [InlineData("""{"properties":{"a":"string"}}""", "import.schema-invalid /paths/~1a/get/responses/200/content/application~1json/schema/properties/a", """{"properties":{"a":{}}}""")]
    [InlineData("7", "import.schema-invalid /paths/~1a/get/responses/200/content/application~1json/schema", "{}")]
    public void Schema_Wrong_LosesWhatIsWrong(string schema, string note, string expected)
    {
        var result = Imports.Of(Imports.Answering(schema));

        Assert.Equal([note], Imports.Lines(result));
        Imports.AssertJson(expected, Assert.Single(result.Manifest!.Actions).OutputSchema);
    }

    /// <summary>Inheritance as many documents write it: the base names its kinds, and each kind is the base and more.</summary>
    [Fact]
    public void Schema_BackToItselfForTheSameValue_IsCutOnce()
    {
        var result = Imports.Of(Imports.Answering(
            """{"$ref":"#/components/schemas/Pet"}""",
            """{"Pet":{"oneOf":[{"$ref":"#/components/schemas/Cat"}],"discriminator":{"propertyName":"kind"}},"Cat":{"allOf":[{"$ref":"#/components/schemas/Pet"},{"required":["kind"]}]}}"""));

        Assert.Equal(["import.keyword /components/schemas/Cat/allOf/0"], Imports.Lines(result));
        Imports.AssertJson(
            """{"$ref":"#/$defs/Pet","$defs":{"Pet":{"anyOf":[{"$ref":"#/$defs/Cat"}]},"Cat":{"allOf":[{},{"required":["kind"]}]}}}""",
            Assert.Single(result.Manifest!.Actions).OutputSchema);
    }

    [Fact]
    public void Texts_Long_AreCutBetweenCharacters()
    {
        var description = Imports.Only(Imports.Answering($$"""{"description":"{{string.Concat(Enumerable.Repeat("😀", 400))}}"}""")).OutputSchema!.Value.GetProperty("description").GetString()!;

        Assert.Equal(499, description.Length);
        Assert.EndsWith("😀…", description, StringComparison.Ordinal);
    }
}
