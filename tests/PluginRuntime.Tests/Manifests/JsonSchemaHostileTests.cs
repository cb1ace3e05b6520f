using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class JsonSchemaHostileTests
{
    [Fact]
    public void Validate_CatastrophicPattern_IsLinear()
    {
        var text = new string('a', 50_000) + "!";

        Assert.Equal([" schema.pattern"], Schemas.Errors("""{"pattern":"^(a+)+$"}""", $"\"{text}\""));
    }

    [Fact]
    public void Validate_CatastrophicPatternThatNeedsBacktracking_TimesOut()
    {
        var text = new string('a', 5_000) + "!";

        Assert.Equal([" schema.pattern-timeout"], Schemas.Errors("""{"pattern":"^(?=(a+)+$)"}""", $"\"{text}\""));
    }

    [Fact]
    public void Validate_CatastrophicPatternBelowNot_IsNotAccepted()
    {
        var text = new string('a', 5_000) + "!";

        Assert.Equal([" schema.pattern-timeout"], Schemas.Errors("""{"not":{"pattern":"^(?=(a+)+$)"}}""", $"\"{text}\""));
    }

    [Fact]
    public void Validate_AlternativesWithoutEnd_GivesUp()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 60).Select(i =>
            $$"""
            "d{{i}}":{"anyOf":[{"$ref":"#/$defs/d{{i + 1}}"},{"$ref":"#/$defs/d{{i + 1}}"}]}
            """));
        var schema = $$"""{"$ref":"#/$defs/d0","$defs":{ {{definitions}},"d60":{"type":"string"} } }""";

        Assert.Equal([" schema.too-complex"], Schemas.Errors(schema, "1"));
    }

    [Fact]
    public void Validate_LongChainOfReferences_GivesUp()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $$"""
            "d{{i}}":{"$ref":"#/$defs/d{{i + 1}}"}
            """));
        var schema = $$"""{"$ref":"#/$defs/d0","$defs":{ {{definitions}},"d20000":true } }""";

        Assert.Equal([" schema.too-deep"], Schemas.Errors(schema, "1"));
    }

    [Theory]
    [InlineData("""{"minimum":1}""", '1')]
    [InlineData("""{"pattern":"^[0-9\"]+$"}""", '"')]
    [InlineData("""{"uniqueItems":true}""", '[')]
    public void Validate_SameCheckThousandsOfTimes_GivesUp(string check, char kind)
    {
        var schema = $$"""{"allOf":[{{string.Join(',', Enumerable.Repeat(check, 5_000))}}]}""";
        var digits = new string('1', 300_000);
        var instance = kind switch { '[' => $"[{digits}]", '"' => $"\"{digits}\"", _ => digits };

        Assert.Equal([" schema.too-complex"], Schemas.Errors(schema, instance));
    }

    [Fact]
    public void Compile_ManyReferencesToPlacesOfNoSchema_IsRefused()
    {
        var targets = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $$"""{"minimum":{{i}}}"""));
        var references = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $$"""{"$ref":"#/examples/{{i}}"}"""));

        Assert.Contains(
            "/allOf/100/$ref schema.ref-unresolved",
            Schemas.CompileErrors($$"""{"examples":[{{targets}}],"allOf":[{{references}}]}"""));
    }

    [Fact]
    public void Validate_DynamicReferenceToItself_GivesUp()
    {
        Assert.Equal([" schema.too-deep"], Schemas.Errors("""{"$dynamicAnchor":"a","$dynamicRef":"#a"}""", "1"));
    }

    [Fact]
    public void Validate_NestedToTheLimit_IsAccepted()
    {
        var instance = new string('[', 64) + new string(']', 64);

        Assert.Empty(Schemas.Errors("""{"items":{"$ref":"#"}}""", instance));
    }

    [Fact]
    public void Validate_NestedTooDeeply_IsRefused()
    {
        var instance = new string('[', 1_000) + new string(']', 1_000);
        using var document = JsonDocument.Parse(instance, new JsonDocumentOptions { MaxDepth = 2_000 });
        var schema = Schemas.Compile("""{"uniqueItems":true}""");

        Assert.Equal([" json.too-deep"], Schemas.Lines(schema.Validate(Encoding.UTF8.GetBytes(instance))));
        Assert.Equal([" json.too-deep"], Schemas.Lines(schema.Validate(document.RootElement)));
        Assert.Equal([" json.too-deep"], Schemas.Lines(JsonSchema.Compile(document.RootElement).Errors));
    }

    [Theory]
    [InlineData("""{"maximum":5}""", "1e400", " schema.maximum")]
    [InlineData("""{"maximum":1e999999999999999999999999}""", "1e400")]
    [InlineData("""{"minimum":5}""", "1e-99999999999999999999999999", " schema.minimum")]
    [InlineData("""{"multipleOf":1e-999999999}""", "1e999999999")]
    [InlineData("""{"maxLength":1e400,"minItems":0e5}""", "\"a\"")]
    [InlineData("""{"const":-0}""", "0.000e99")]
    [InlineData("""{"enum":[1e1000000000]}""", "10e999999999")]
    [InlineData("""{"uniqueItems":true}""", "[1e400,10e399]", " schema.unique-items")]
    public void Validate_HugeExponent_IsExact(string schema, string instance, params string[] expected)
    {
        Assert.Equal(expected, Schemas.Errors(schema, instance));
    }

    [Fact]
    public void Validate_LongDigits_IsExact()
    {
        var digits = new string('7', 200_000);

        Assert.Empty(Schemas.Errors("""{"type":"integer","multipleOf":7}""", digits));
        Assert.Equal([" schema.multiple-of"], Schemas.Errors("""{"multipleOf":7}""", digits + "1"));
    }

    [Fact]
    public void Validate_LargeObjectsInReverseOrder_AreComparedByName()
    {
        var names = Enumerable.Range(0, 20_000).Select(i => $"\"p{i}\":{i}").ToArray();
        var instance = $"[{{{string.Join(',', names)}}},{{{string.Join(',', names.Reverse())}}}]";

        Assert.Equal([" schema.unique-items"], Schemas.Errors("""{"uniqueItems":true}""", instance));
    }

    [Theory]
    [InlineData("\"\\uD800\"", " json.invalid-text")]
    [InlineData("{\"a\":\"\\uDC00\"}", "/a json.invalid-text")]
    [InlineData("{\"\\uD800\":1}", " json.invalid-text")]
    [InlineData("""{"a":1,"b":{"c":1,"c":2},"a":3}""", "/b/c json.duplicate-key", "/a json.duplicate-key")]
    [InlineData("{\"a\":1,\"\\u0061\":2}", "/a json.duplicate-key")]
    [InlineData("{", " json.invalid")]
    [InlineData("", " json.invalid")]
    [InlineData("1 2", " json.invalid")]
    [InlineData("NaN", " json.invalid")]
    public void Validate_BrokenJson_SaysWhere(string instance, params string[] expected)
    {
        Assert.Equal(expected, Schemas.Lines(Schemas.Compile("true").Validate(Encoding.UTF8.GetBytes(instance))));
    }

    [Fact]
    public void Validate_BrokenJson_GivesLineAndPositionAndNoContent()
    {
        var error = Assert.Single(Schemas.Compile("true").Validate("{\n  \"a\": secret }"u8.ToArray()));

        Assert.Equal("This is not JSON: line 2, position 8 in bytes.", error.Detail);
    }

    [Fact]
    public void Validate_BrokenUtf8_GivesLineAndPosition()
    {
        var error = Assert.Single(Schemas.Compile("true").Validate(new byte[] { (byte)'\n', (byte)'"', 0xFF, (byte)'"' }));

        Assert.Equal(("json.invalid", "This is not JSON: line 2, position 2 in bytes."), (error.Code, error.Detail));
    }

    [Fact]
    public void Compile_ManyErrors_ReportsAHundredAtMost()
    {
        var schema = $"{{{string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"k{i}\":1"))}}}";

        Assert.InRange(Schemas.CompileErrors(schema).Length, 100, 100);
    }
}
