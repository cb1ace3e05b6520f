using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests.Schema;

/// <summary>The check without a document: it says yes to what real callers send, and never to what the full evaluation refuses.</summary>
public sealed class StreamedSchemaTests
{
    private const string Order = """
        { "type": "object", "additionalProperties": false, "required": ["id", "lines"],
          "$defs": { "line": { "type": "object", "properties": { "sku": { "type": "string", "minLength": 2 }, "count": { "type": "integer", "minimum": 1 } },
                               "required": ["sku"], "additionalProperties": false },
                     "tree": { "type": "object", "properties": { "left": { "$ref": "#/$defs/tree" }, "right": { "$ref": "#/$defs/tree" } } } },
          "properties": { "id": { "type": ["string", "null"] }, "lines": { "type": "array", "items": { "$ref": "#/$defs/line" }, "maxItems": 3 },
                          "state": { "enum": ["open", "closed"] }, "total": { "type": "number", "exclusiveMinimum": 0 },
                          "at": { "type": "string", "format": "date-time" }, "notes": { "additionalProperties": { "type": "string" } },
                          "tree": { "$ref": "#/$defs/tree" }, "any": true } }
        """;

    [Theory]
    [InlineData("""{"id":"a","lines":[]}""")]
    [InlineData(""" { "lines" : [ { "sku" : "ab", "count" : 12 } , {"sku":"cd"} ], "id" : null } """)]
    [InlineData("""{"id":"","lines":[],"state":"open","total":0.01,"at":"2026-01-02T03:04:05Z","notes":{"x":"y","z":""},"any":{"a":[1,{"b":null}]}}""")]
    [InlineData("""{"id":"ä \"quoted\"","lines":[],"tree":{"left":{"left":{},"right":{"right":{}}},"right":{}}}""")]
    public void AcceptsAtOnce_WhatCallersSend_IsAccepted(string value)
    {
        var schema = Schemas.Compile(Order);

        Assert.True(schema.AcceptsAtOnce(Encoding.UTF8.GetBytes(value)));
        Assert.Empty(schema.Validate(Encoding.UTF8.GetBytes(value)));
    }

    [Theory]
    [InlineData("""{"id":"a"}""")]
    [InlineData("""{"id":"a","lines":[],"id":"b"}""")]
    [InlineData("""{"id":"a","lines":[],"other":1}""")]
    [InlineData("""{"id":"a","lines":[{"sku":"a"}]}""")]
    [InlineData("""{"id":"a","lines":[{"sku":"ab","count":0}]}""")]
    [InlineData("""{"id":"a","lines":[{"sku":"ab","count":1.5}]}""")]
    [InlineData("""{"id":"a","lines":[{"sku":"ab"},{"sku":"ab"},{"sku":"ab"},{"sku":"ab"}]}""")]
    [InlineData("""{"id":"a","lines":[],"state":"lost"}""")]
    [InlineData("""{"id":"a","lines":[],"total":0}""")]
    [InlineData("""{"id":"a","lines":[],"at":"yesterday"}""")]
    [InlineData("""{"id":"a","lines":[],"notes":{"x":1}}""")]
    [InlineData("""{"id":"a","lines":[],"any":{"x":1,"x":2}}""")]
    [InlineData("""{"id":"a","lines":[],"tree":{"left":{"right":1}}}""")]
    [InlineData("""{"id":1,"lines":[]}""")]
    [InlineData("""{"id":"a","lines":[]} {}""")]
    [InlineData("""{"id":"a","lines":[],}""")]
    [InlineData("""{"id":"\uD800","lines":[]}""")]
    [InlineData("")]
    [InlineData("[]")]
    public void AcceptsAtOnce_WhatIsWrong_IsNotAndIsExplained(string value)
    {
        var schema = Schemas.Compile(Order);

        Assert.False(schema.AcceptsAtOnce(Encoding.UTF8.GetBytes(value)));
        Assert.NotEmpty(schema.Validate(Encoding.UTF8.GetBytes(value)));
    }

    [Fact]
    public void Validate_WhatIsRight_AllocatesNothing()
    {
        var schema = Schemas.Compile(Order);
        ReadOnlyMemory<byte> value = """{"id":"a","lines":[{"sku":"ab","count":12}],"state":"open","total":12.5,"notes":{"x":"y"}}"""u8.ToArray();
        Assert.Empty(schema.Validate(value));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var errors = schema.Validate(value);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(errors);
    }

    /// <summary>A schema whose references chain and branch must not make the quick check slower than the value is long.</summary>
    [Fact]
    public void AcceptsAtOnce_ReferencesAtEachLevel_ReadsTheValueOnce()
    {
        var links = string.Join(',', Enumerable.Range(0, 15).Select(i => $$"""{{JsonSerializer.Serialize("n" + i)}}:{"$ref":"#/$defs/n{{i + 1}}"}"""));
        var schema = Schemas.Compile("{\"$ref\":\"#/$defs/n0\",\"$defs\":{" + links + ",\"n15\":{\"properties\":{\"x\":{\"$ref\":\"#/$defs/n0\"}}}}}");
        var value = string.Concat(Enumerable.Repeat("{\"x\":", 60)) + "{}" + new string('}', 60);

        Assert.True(schema.AcceptsAtOnce(Encoding.UTF8.GetBytes(value)));
    }

    /// <summary>Random schemas out of many keywords, random values made to fit now and then.</summary>
    [Fact]
    public void AcceptsAtOnce_AnySchemaAndValue_NeverSaysYesToWhatIsRefused()
    {
        var (sure, accepted, refused) = (0, 0, 0);
        Prop.ForAll(Arb.From(Schema(3)), Arb.From(Value(3)), (text, value) =>
        {
            var utf8 = Encoding.UTF8.GetBytes(value);
            var schema = Schemas.Compile(text);
            var isSure = schema.AcceptsAtOnce(utf8);
            using var document = JsonDocument.Parse(utf8);
            var isAccepted = schema.Validate(document.RootElement).Count == 0 && StrictJson.Inspect(document.RootElement, StrictJsonCodes.Instance, []);
            (sure, accepted, refused) = (sure + (isSure ? 1 : 0), accepted + (isAccepted ? 1 : 0), refused + (isAccepted ? 0 : 1));
            Assert.True(isAccepted || !isSure, $"{text} refuses {value}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

        Assert.True(sure > 100 && accepted > sure && refused > 100, $"Of {accepted} accepted {sure} at once, {refused} refused: too one-sided to say anything.");
    }

    private static Gen<string> Value(int depth)
    {
        var leaf = Gen.Elements("null", "true", "0", "1", "-1", "1.5", "2e0", "\"\"", "\"a\"", "\"ab\"", "\"2026-01-02\"", "\"\\n\"", "\"ä\"", "12345678901234567890123456789012");
        if (depth == 0)
        {
            return leaf;
        }

        var member = Gen.Zip(Gen.Elements("a", "b", "c", "\\u0061"), Value(depth - 1)).Select(pair => $"\"{pair.Item1}\":{pair.Item2}");
        return Gen.Frequency(
            (2, leaf),
            (2, member.ListOf().Resize(4).Select(members => "{" + string.Join(',', members) + "}")),
            (1, Value(depth - 1).ListOf().Resize(4).Select(items => "[" + string.Join(',', items) + "]")));
    }

    private static Gen<string> Schema(int depth)
    {
        var simple = Gen.Elements(
            "\"type\":\"object\"", "\"type\":[\"string\",\"null\"]", "\"type\":[\"object\",\"array\",\"number\"]", "\"type\":\"integer\"", "\"minimum\":1", "\"maximum\":1.5",
            "\"exclusiveMinimum\":0", "\"minLength\":1", "\"maxLength\":1", "\"enum\":[\"a\",\"ab\"]", "\"enum\":[1,\"a\",null]", "\"const\":\"a\"", "\"format\":\"date\"",
            "\"required\":[\"a\"]", "\"required\":[\"b\",\"c\"]", "\"minProperties\":1", "\"maxProperties\":1", "\"minItems\":1", "\"maxItems\":2",
            "\"uniqueItems\":true", "\"pattern\":\"a\"", "\"additionalProperties\":false", "\"multipleOf\":1");
        if (depth == 0)
        {
            return simple.Select(keyword => "{" + keyword + "}");
        }

        var inner = Schema(depth - 1);
        var nested = Gen.OneOf(
            Gen.Zip(inner, inner).Select(pair => $"\"properties\":{{\"a\":{pair.Item1},\"b\":{pair.Item2}}}"),
            inner.Select(schema => $"\"items\":{schema}"),
            inner.Select(schema => $"\"additionalProperties\":{schema}"),
            inner.Select(schema => $"\"anyOf\":[{schema},true]"),
            inner.Select(schema => $"\"prefixItems\":[{schema}]"));
        return Gen.Zip(simple, nested).SelectMany(pair => Gen.Elements(pair.Item1, pair.Item2, $"{pair.Item1},{pair.Item2}"))
            .Select(keywords => "{" + Distinct(keywords) + "}");
    }

    // Both may be additionalProperties: the later one counts.
    private static string Distinct(string keywords) =>
        keywords.StartsWith("\"additionalProperties\":false,\"additionalProperties\"", StringComparison.Ordinal) ? keywords["\"additionalProperties\":false,".Length..] : keywords;
}
