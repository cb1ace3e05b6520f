using PluginRuntime.Manifests.Comparison;

namespace PluginRuntime.Tests.Manifests.Comparison;

/// <summary>Pairs of schemas and what breaks between them, as <c>pointer kind</c>, with a <c>?</c> where it only may.</summary>
internal static class SchemaPairs
{
    private const string A = """{"type":"object","properties":{"a":{"type":"string"}}}""";
    private const string Tree = """{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"string"},"next":{"$ref":"#/$defs/node"}}}}}""";

    /// <summary>A side, a schema, the one after it, and the breaks.</summary>
    internal static IEnumerable<(BreakSide Side, string Before, string After, string[] Breaks)> All => Inputs.Concat(Outputs).Concat(Either);

    private static IEnumerable<(BreakSide Side, string Before, string After, string[] Breaks)> Inputs =>
    [
        In(A, """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", "/a required-added"),
        In("""{"required":["a","b"]}""", """{"required":["b"]}"""),
        In("""{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}""", """{"type":"object","properties":{"a":{}},"additionalProperties":false}""", "/b property-removed"),
        In("""{"type":"object","properties":{"a":{}},"additionalProperties":false}""", """{"type":"object","properties":{"a":{},"b":{"type":"integer"}},"additionalProperties":false}"""),
        In("""{"type":"object","properties":{"a":{},"b":{}}}""", """{"type":"object","properties":{"a":{}}}"""),
        In(A, """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}""", "/b property-restricted?"),
        In(A, """{"type":"object","properties":{"a":{"type":"string"},"b":true}}"""),
        In(A, """{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}""", " additional-forbidden"),
        In(A, """{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}""", "/* type-narrowed"),
        In("""{"additionalProperties":{"type":"number"}}""", """{"additionalProperties":{"type":"integer"}}""", "/* type-narrowed"),
        In("""{"type":["string","null"]}""", """{"type":"string"}""", " type-narrowed"),
        In("""{"type":"number"}""", """{"type":"integer"}""", " type-narrowed"),
        In("""{"type":"integer"}""", """{"type":"number"}"""),
        In("""{"type":"string"}""", """{"type":["string","null"]}"""),
        In("""{"enum":["a","b","c"]}""", """{"enum":["a","c"]}""", " value-removed"),
        In("""{"enum":["a"]}""", """{"enum":["b","a"]}"""),
        In("""{"const":"a"}""", """{"const":"b"}""", " value-removed"),
        In("""{"const":"a"}""", """{"enum":["a","b"]}"""),
        In("""{"type":"string"}""", """{"enum":["a","b"]}""", " enum-added"),
        In("""{"enum":["a","b"]}""", """{"type":"string"}"""),
        In("""{"enum":["a","bcd"]}""", """{"type":"string","maxLength":2}""", " value-removed"),
        In("""{"type":"boolean"}""", """{"enum":[true,false]}"""),
        In("""{"type":"boolean"}""", """{"const":true}""", " value-removed"),
        In("""{"minimum":0}""", """{"minimum":1}""", " bound-tightened"),
        In("""{"minimum":1}""", """{"minimum":0}"""),
        In("""{"minimum":1}""", """{"minimum":1.0}"""),
        In("""{"minimum":1}""", """{"exclusiveMinimum":1}""", " bound-tightened"),
        In("""{"exclusiveMinimum":1}""", """{"minimum":1}"""),
        In("""{"type":"integer","exclusiveMinimum":0}""", """{"type":"integer","minimum":1}""", " bound-tightened?"),
        In("""{"type":"number"}""", """{"type":"number","maximum":10}""", " bound-tightened"),
        In("""{"type":"string"}""", """{"type":"string","maximum":10}"""),
        In("""{"exclusiveMaximum":5}""", """{"maximum":4}""", " bound-tightened"),
        In("""{"multipleOf":10}""", """{"multipleOf":5}"""),
        In("""{"multipleOf":5}""", """{"multipleOf":10}""", " bound-tightened"),
        In("""{"type":"integer"}""", """{"type":"integer","multipleOf":1}"""),
        In("""{"maxLength":10}""", """{"maxLength":9}""", " length-tightened"),
        In("""{"type":"string"}""", """{"type":"string","minLength":1}""", " length-tightened"),
        In("""{"type":"string"}""", """{"type":"string","pattern":"^a"}""", " pattern-tightened"),
        In("""{"pattern":"^a"}""", """{"pattern":"^[ab]"}""", " pattern-tightened?"),
        In("""{"type":"string"}""", """{"type":"string","format":"uuid"}""", " format-tightened"),
        In("""{"type":"string","format":"uri"}""", """{"type":"string","format":"uri-reference"}""", " format-tightened?"),
        In("""{"type":"string"}""", """{"type":"string","format":"path"}"""),
        In("""{"type":"array"}""", """{"type":"array","minItems":1}""", " items-tightened"),
        In("""{"maxItems":3}""", """{"maxItems":2}""", " items-tightened"),
        In("""{"type":"array"}""", """{"type":"array","uniqueItems":true}""", " items-tightened"),
        In("""{"type":"array","maxItems":1}""", """{"type":"array","uniqueItems":true}"""),
        In("""{"items":{"type":"number"}}""", """{"items":{"type":"integer"}}""", "/* type-narrowed"),
        In("""{"items":{"type":"object","properties":{"a":{"minimum":1}}}}""", """{"items":{"type":"object","properties":{"a":{"minimum":2}}}}""", "/*/a bound-tightened"),
        In("""{"prefixItems":[{"type":"number"},{}]}""", """{"prefixItems":[{"type":"number"},{"type":"string"}]}""", "/1 type-narrowed"),
        In("""{"prefixItems":[{"type":"number"}],"items":false}""", """{"prefixItems":[{"type":"number"},{"type":"string"}]}"""),
        In("""{"prefixItems":[{"type":"number"}]}""", """{"prefixItems":[{"type":"number"}],"items":false}""", "/* value-forbidden"),
        In("""{"items":{"type":"string"}}""", """{"prefixItems":[{"type":"string"}],"items":{"type":"string"}}"""),
        In("""{"type":"object"}""", """{"type":"object","minProperties":1}""", " size-tightened"),
        In("""{"type":"object","required":["a"]}""", """{"type":"object","required":["a"],"minProperties":1}"""),
        In("""{"maxProperties":3}""", """{"maxProperties":2}""", " size-tightened"),
        In("""{"type":"object"}""", """{"type":"object","dependentRequired":{"a":["b"]}}""", "/b dependent-required-tightened"),
        In("""{"required":["b"]}""", """{"required":["b"],"dependentRequired":{"a":["b"]}}"""),
        In("""{"patternProperties":{"^x":{"minimum":0}}}""", """{"patternProperties":{"^x":{"minimum":1}}}""", "/* bound-tightened"),
        In("""{"patternProperties":{"^x":{"minimum":0}}}""", """{"patternProperties":{"^y":{"minimum":0}}}""", "/* condition-changed?"),
        In("""{"patternProperties":{"^x":true},"additionalProperties":false}""", """{"additionalProperties":false}""", " additional-forbidden?"),
        In("""{"properties":{"xy":{"type":"string"}}}""", """{"patternProperties":{"^x":{"type":"string"}}}""", "/* condition-changed?"),
        In("true", "false", " value-forbidden"),
        In("false", """{"type":"string"}"""),
        In("true", """{"type":"object"}""", " type-narrowed"),
    ];

    private static IEnumerable<(BreakSide Side, string Before, string After, string[] Breaks)> Outputs =>
    [
        Out("""{"type":"object","properties":{"a":{}},"required":["a"]}""", """{"type":"object","properties":{"a":{}}}""", "/a required-removed"),
        Out("""{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}""", """{"type":"object","properties":{"a":{}},"required":["a"]}""", "/b property-removed"),
        Out("""{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}""", """{"type":"object","properties":{"a":{}},"additionalProperties":false}""", "/b property-removed"),
        Out(A, """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["b"]}"""),
        Out("""{"type":"object","properties":{"a":{}},"additionalProperties":false}""", """{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}""", "/b property-added"),
        Out("""{"type":"object","properties":{"a":{}},"additionalProperties":false}""", """{"type":"object","properties":{"a":{}}}""", " additional-allowed"),
        Out("""{"type":"string"}""", """{"type":["string","null"]}""", " type-widened"),
        Out("""{"type":["string","null"]}""", """{"type":"string"}"""),
        Out("""{"type":"integer"}""", """{"type":"number"}""", " type-widened"),
        Out("""{"enum":["a"]}""", """{"enum":["a","b"]}""", " value-added"),
        Out("""{"enum":["a","b"]}""", """{"enum":["a"]}"""),
        Out("""{"enum":["a"]}""", """{"type":"string"}""", " enum-removed"),
        Out("""{"minimum":1}""", """{"minimum":0}""", " bound-loosened"),
        Out("""{"maxLength":5}""", """{"maxLength":6}""", " length-loosened"),
        Out("""{"type":"string","format":"date"}""", """{"type":"string"}""", " format-loosened"),
        Out("""{"pattern":"^a"}""", """{}""", " pattern-loosened"),
        Out("""{"type":"array","items":{"type":"object","properties":{"a":{"type":"string"}}}}""", """{"type":"array","items":{"type":"object","properties":{"a":{"type":["string","null"]}}}}""", "/*/a type-widened"),
        Out("""{"minItems":1}""", """{"minItems":0}""", " items-loosened"),
        Out("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", """{"anyOf":[{"type":"string"},{"type":"null"},{"type":"integer"}]}""", " type-widened"),
    ];

    /// <summary>What composes schemas.</summary>
    private static IEnumerable<(BreakSide Side, string Before, string After, string[] Breaks)> Either =>
    [
        In(Tree, Tree.Replace("node", "item", StringComparison.Ordinal)),
        In(Tree, Tree.Replace("\"string\"", "\"integer\"", StringComparison.Ordinal), "/value type-narrowed"),
        Out(Tree, Tree.Replace("\"string\"", "[\"string\",\"null\"]", StringComparison.Ordinal), "/value type-widened"),
        In(Tree, """{"type":"object","properties":{"value":{"type":"string"},"next":{"type":"object","properties":{"value":{"type":"string"},"next":{"$ref":"#"}}}}}"""),
        In("""{"properties":{"a":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"string"}}}""", """{"properties":{"a":{"type":"string"}}}"""),
        In("""{"properties":{"a":{"type":"string"}}}""", """{"properties":{"a":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"string","minLength":1}}}""", "/a length-tightened"),
        In("""{"properties":{"a":{"$ref":"#/$defs/t"},"b":{"$ref":"#/$defs/t"}},"$defs":{"t":{"minimum":1}}}""", """{"properties":{"a":{"$ref":"#/$defs/t"},"b":{"$ref":"#/$defs/t"}},"$defs":{"t":{"minimum":2}}}""", "/a bound-tightened", "/b bound-tightened"),
        In("""{"allOf":[{"minimum":1},{"maximum":5}]}""", """{"minimum":1,"maximum":5}"""),
        In("""{"type":"integer","minimum":1}""", """{"allOf":[{"type":"integer"},{"minimum":2}]}""", " bound-tightened"),
        In("""{"type":"string"}""", """{"anyOf":[{"type":"string"},{"type":"integer"}]}"""),
        In("""{"type":["string","null"]}""", """{"anyOf":[{"type":"string"},{"type":"null"}]}"""),
        In("""{"anyOf":[{"type":"string"},{"type":"integer"}]}""", """{"type":["string","integer"]}"""),
        In("""{"anyOf":[{"type":"string"},{"type":"integer"}]}""", """{"anyOf":[{"type":"integer"}]}""", " type-narrowed"),
        In("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", """{"anyOf":[{"type":"string","maxLength":3},{"type":"null"}]}""", " length-tightened"),
        In("""{"type":"string"}""", """{"anyOf":[{"maxLength":3},{"pattern":"^a"}]}""", " alternatives-changed?"),
        In("""{"oneOf":[{"type":"string"},{"type":"integer"}]}""", """{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}"""),
        In("""{"oneOf":[{"minimum":1},{"maximum":5}]}""", """{"oneOf":[{"minimum":1},{"maximum":6}]}""", " alternatives-changed?"),
        In("""{"oneOf":[{"minimum":1},{"maximum":5}]}""", """{"oneOf":[{"minimum":1},{"maximum":5}],"title":"other"}"""),
        In(Shape("circle", "square"), Shape("circle", "square", "line")),
        In(Shape("circle", "square", "line"), Shape("circle", "line"), " alternatives-changed?"),
        In("""{"type":"object","oneOf":[{"required":["kind"],"properties":{"kind":{"const":"circle"},"r":{"minimum":0}}}]}""", """{"type":"object","oneOf":[{"required":["kind"],"properties":{"kind":{"const":"circle"},"r":{"minimum":1}}},{"required":["kind"],"properties":{"kind":{"const":"line"}}}]}""", "/r bound-tightened"),
        In("""{"not":{"type":"string"}}""", """{"not":{"type":"string"},"description":"other"}"""),
        In("""{"not":{"type":"string"}}""", """{"not":{"type":"integer"}}""", " condition-changed?"),
        In("""{"if":{"required":["a"]},"then":{"required":["b"]}}""", """{"if":{"required":["a"]},"then":{"required":["c"]}}""", " condition-changed?"),
        In("""{"contains":{"type":"string"}}""", """{"contains":{"type":"integer"}}""", " condition-changed?"),
        In("""{"type":"string"}""", """{"type":"string","contains":{"type":"integer"}}"""),
        In("""{"propertyNames":{"maxLength":3}}""", """{"propertyNames":{"maxLength":4}}"""),
        In("""{"propertyNames":{"maxLength":3}}""", """{"propertyNames":{"maxLength":2}}""", " condition-changed?"),
        In("""{"unevaluatedProperties":false,"properties":{"a":{}}}""", """{"unevaluatedProperties":false,"properties":{"a":{},"b":{}}}""", " condition-changed?"),
        In("""{"dependentSchemas":{"a":{"required":["b"]}}}""", """{"dependentSchemas":{"a":{"required":["c"]}}}""", " condition-changed?"),
        In("""{"$defs":{"a":{"$anchor":"a","type":"string"}},"$ref":"#a"}""", """{"$defs":{"a":{"$anchor":"a","type":"integer"}},"$ref":"#a"}""", " undecided?"),
        In("""{"$defs":{"a":{"$anchor":"a","type":"string"}},"$ref":"#a"}""", """{"$ref":"#a","$defs":{"a":{"type":"string","$anchor":"a"}}}"""),
        In("""{"title":"a","properties":{"title":{"type":"string"}}}""", """{"title":"b","properties":{"title":{"type":"integer"}}}""", "/title type-narrowed"),
        In("""{"properties":{"a/b~c":{"type":"string"}}}""", """{"properties":{"a/b~c":{"type":"integer"}}}""", "/a~1b~0c type-narrowed"),
    ];

    private static (BreakSide Side, string Before, string After, string[] Breaks) In(string before, string after, params string[] breaks) => (BreakSide.Input, before, after, breaks);

    private static (BreakSide Side, string Before, string After, string[] Breaks) Out(string before, string after, params string[] breaks) => (BreakSide.Output, before, after, breaks);

    private static string Shape(params string[] kinds) =>
        $$$"""{"type":"object","oneOf":[{{{string.Join(',', kinds.Select(kind => $$$$"""{"required":["kind"],"properties":{"kind":{"const":"{{{{kind}}}}"}}}"""))}}}]}""";
}
