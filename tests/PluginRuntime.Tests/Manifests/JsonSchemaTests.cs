using System.Text;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class JsonSchemaTests
{
    [Theory]
    [InlineData("true", "1")]
    [InlineData("{}", "null")]
    [InlineData("""{"type":"null"}""", "null")]
    [InlineData("""{"type":"boolean"}""", "false")]
    [InlineData("""{"type":"integer"}""", "1.0")]
    [InlineData("""{"type":"integer"}""", "1e400")]
    [InlineData("""{"type":"integer"}""", "123456789012345678901234567890123456789")]
    [InlineData("""{"type":["string","number"]}""", "1.5")]
    [InlineData("""{"enum":[1,"a",{"x":[1,2]}]}""", """{"x":[1.0,2e0]}""")]
    [InlineData("""{"const":{"a":1,"b":2}}""", """{"b":2,"a":1}""")]
    [InlineData("""{"minimum":9007199254740993}""", "9007199254740993")]
    [InlineData("""{"maximum":0.3}""", "0.3")]
    [InlineData("""{"exclusiveMinimum":-1e400}""", "-1e399")]
    [InlineData("""{"multipleOf":0.0001}""", "0.0075")]
    [InlineData("""{"multipleOf":0.5}""", "1e308")]
    [InlineData("""{"multipleOf":7}""", "0")]
    [InlineData("""{"minLength":2,"maxLength":2}""", "\"😀😀\"")]
    [InlineData("""{"maxLength":2.0}""", "\"\\uD83D\\uDE00a\"")]
    [InlineData("""{"pattern":"^\\d+$"}""", "\"42\"")]
    [InlineData("""{"pattern":"b"}""", "\"abc\"")]
    [InlineData("""{"minItems":1,"uniqueItems":true}""", """[1,"1",true,[1],{"a":1}]""")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}""", """["a",1,2]""")]
    [InlineData("""{"contains":{"type":"integer"},"minContains":0}""", """["a"]""")]
    [InlineData("""{"required":["a"],"properties":{"a":{"type":"string"}}}""", """{"a":"x","b":1}""")]
    [InlineData("""{"properties":{"a":true},"patternProperties":{"^x-":true},"additionalProperties":false}""", """{"a":1,"x-b":2}""")]
    [InlineData("""{"properties":{"ä/~":{"const":1}},"additionalProperties":false}""", "{\"\\u00e4/~\":1}")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"b":1}""")]
    [InlineData("""{"if":{"const":1},"else":{"const":2}}""", "2")]
    [InlineData("""{"oneOf":[{"type":"string"},{"minimum":3}]}""", "\"a\"", false)]
    [InlineData("""{"not":{"type":"string"}}""", "1")]
    [InlineData("""{"format":"path"}""", "\"/etc/passwd\"")]
    [InlineData("""{"format":"date"}""", "5")]
    [InlineData("""{"contentEncoding":"base64","contentMediaType":"a/b","contentSchema":false}""", "\"!\"")]
    [InlineData("""{"$comment":"c","title":"t","description":"d","default":1,"examples":[],"deprecated":true,"readOnly":false,"writeOnly":true}""", "1")]
    public void Validate_Accepted_GivesNothing(string schema, string instance, bool accepted = true)
    {
        Assert.Equal(accepted, Schemas.Errors(schema, instance).Length == 0);
    }

    [Theory]
    [InlineData("false", "1", " schema.false")]
    [InlineData("""{"type":"integer"}""", "1.5", " schema.type")]
    [InlineData("""{"type":"integer"}""", "1e-400", " schema.type")]
    [InlineData("""{"type":["string","null"]}""", "{}", " schema.type")]
    [InlineData("""{"enum":[1,"a"]}""", "2", " schema.enum")]
    [InlineData("""{"const":{"a":1}}""", """{"a":1,"b":1}""", " schema.const")]
    [InlineData("""{"minimum":9007199254740993}""", "9007199254740992", " schema.minimum")]
    [InlineData("""{"maximum":972783798187987123879878123.18878137}""", "972783798187987123879878123.188781371", " schema.maximum")]
    [InlineData("""{"exclusiveMinimum":1}""", "1.0", " schema.exclusive-minimum")]
    [InlineData("""{"exclusiveMaximum":1e400}""", "1e400", " schema.exclusive-maximum")]
    [InlineData("""{"multipleOf":0.01}""", "0.015", " schema.multiple-of")]
    [InlineData("""{"multipleOf":3}""", "1e999999999", " schema.multiple-of")]
    [InlineData("""{"minLength":2}""", "\"😀\"", " schema.min-length")]
    [InlineData("""{"maxLength":1}""", "\"ab\"", " schema.max-length")]
    [InlineData("""{"pattern":"^a$"}""", "\"a\\n\"", " schema.pattern")]
    [InlineData("""{"format":"uuid"}""", "\"x\"", " schema.format")]
    [InlineData("""{"minItems":2}""", "[1]", " schema.min-items")]
    [InlineData("""{"maxItems":1}""", "[1,2]", " schema.max-items")]
    [InlineData("""{"uniqueItems":true}""", "[1,2,1.0]", " schema.unique-items")]
    [InlineData("""{"uniqueItems":true}""", """[1,2,3,4,5,6,7,8,{"a":1,"b":2},{"b":2,"a":1.0}]""", " schema.unique-items")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", "[1,2]", "/0 schema.type", "/1 schema.items")]
    [InlineData("""{"items":{"type":"string"}}""", "[1,\"a\",2]", "/0 schema.type", "/2 schema.type")]
    [InlineData("""{"contains":{"const":1}}""", "[2]", " schema.contains")]
    [InlineData("""{"contains":{"const":1},"minContains":2}""", "[1,2]", " schema.min-contains")]
    [InlineData("""{"contains":{"const":1},"maxContains":1}""", "[1,1]", " schema.max-contains")]
    [InlineData("""{"minProperties":1}""", "{}", " schema.min-properties")]
    [InlineData("""{"maxProperties":1}""", """{"a":1,"b":2}""", " schema.max-properties")]
    [InlineData("""{"required":["a","b/c"]}""", "{}", "/a schema.required", "/b~1c schema.required")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"a":1}""", "/b schema.dependent-required")]
    [InlineData("""{"dependentSchemas":{"a":{"required":["b"]}}}""", """{"a":1}""", "/b schema.required")]
    [InlineData("""{"properties":{"a":{"items":{"type":"null"}}}}""", """{"a":[null,1]}""", "/a/1 schema.type")]
    [InlineData("""{"properties":{"a":false}}""", """{"a":1}""", "/a schema.false")]
    [InlineData("""{"patternProperties":{"^x":{"type":"null"}}}""", """{"xy":1}""", "/xy schema.type")]
    [InlineData("""{"additionalProperties":false}""", """{"~/":1}""", "/~0~1 schema.additional-properties")]
    [InlineData("""{"additionalProperties":{"type":"null"}}""", """{"a":1}""", "/a schema.type")]
    [InlineData("""{"propertyNames":{"maxLength":1}}""", """{"ab":1,"a":1}""", "/ab schema.property-names")]
    [InlineData("""{"allOf":[{"type":"null"},{"const":2}]}""", "1", " schema.type", " schema.const")]
    [InlineData("""{"anyOf":[{"type":"null"},{"const":2}]}""", "1", " schema.any-of")]
    [InlineData("""{"oneOf":[{"type":"null"},{"const":2}]}""", "1", " schema.one-of")]
    [InlineData("""{"oneOf":[true,true]}""", "1", " schema.one-of")]
    [InlineData("""{"not":{"type":"integer"}}""", "1", " schema.not")]
    [InlineData("""{"if":{"type":"integer"},"then":{"minimum":5}}""", "1", " schema.minimum")]
    [InlineData("""{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}""", """{"a":1,"b":2}""", "/b schema.unevaluated-properties")]
    [InlineData("""{"anyOf":[{"properties":{"a":{"const":1}}},{"properties":{"b":true}}],"unevaluatedProperties":{"type":"null"}}""", """{"a":2,"b":1}""", "/a schema.type")]
    [InlineData("""{"anyOf":[{"required":["x"]}],"unevaluatedProperties":false}""", """{"b":2}""", " schema.any-of")]
    [InlineData("""{"prefixItems":[true],"unevaluatedItems":false}""", "[1,2]", "/1 schema.unevaluated-items")]
    public void Validate_Refused_SaysWhereAndWhat(string schema, string instance, params string[] expected)
    {
        Assert.Equal(expected, Schemas.Errors(schema, instance));
    }

    [Fact]
    public void Validate_Refused_NamesWhatIsAcceptedAndNotTheValue()
    {
        const string Schema = """
            {"properties":{"a":{"enum":["red","green"]},"b":{"type":"integer"},"c":{"pattern":"^x$"},"d":{"format":"ipv4"},"e":{"const":"k"},
             "f":{"maxLength":3},"g":{"maximum":7}},"required":["z"],"additionalProperties":false}
            """;
        const string Instance = """
            {"a":"hunter2","b":"hunter2","c":"hunter2","d":"hunter2","e":"hunter2","f":"hunter2","g":8,"h":"hunter2"}
            """;

        var errors = Schemas.Compile(Schema).Validate(Encoding.UTF8.GetBytes(Instance));

        Assert.Equal(9, errors.Count);
        Assert.DoesNotContain(errors, error => error.Detail.Contains("hunter2", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Detail.Contains("\"red\" or \"green\"", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Detail == "This is of type string; accepted is integer.");
        Assert.Contains(errors, error => error.Detail.EndsWith("accepted is at most 7.", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Pointer == "/z" && error.Detail.Contains("property z is missing", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_ManyErrors_ReportsAHundred()
    {
        var errors = Schemas.Errors("""{"items":{"type":"string"}}""", $"[{string.Join(',', Enumerable.Range(0, 500))}]");

        Assert.Equal(StrictJson.MaxErrors, errors.Length);
        Assert.Equal("/99 schema.type", errors[^1]);
    }

    [Fact]
    public void Validate_Accepted_AllocatesNoMoreForMoreProperties()
    {
        var schema = Schemas.Compile("""{"type":"object","properties":{"a":{"type":"integer","minimum":0},"b":{"minLength":1}},"required":["a"],"additionalProperties":false}""");
        using var document = System.Text.Json.JsonDocument.Parse("""{"a":5,"b":"text"}""");
        schema.Validate(document.RootElement);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            schema.Validate(document.RootElement);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 200);
    }
}
