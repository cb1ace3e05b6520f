using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk.Testing.Inputs;

namespace PluginRuntime.Sdk.Testing.Tests.Inputs;

public sealed class InputGeneratorTests
{
    private const string Person =
        """
        {"type":"object","properties":{
            "name":{"type":"string","minLength":1,"maxLength":8},
            "age":{"type":"integer","minimum":0,"maximum":150},
            "size":{"type":"number","exclusiveMinimum":0},
            "kind":{"enum":["a","b",null]},
            "tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3},
            "boss":{"anyOf":[{"type":"null"},{"$ref":"#"}]},
            "more":{"type":"object","additionalProperties":{"type":["integer","null"]}}},
         "required":["name","tags"],"additionalProperties":false}
        """;

    [Theory]
    [InlineData(Person)]
    [InlineData("""{"type":"string","format":"date-time"}""")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}}}],"properties":{"b":{"const":7}},"required":["b"]}""")]
    [InlineData("""{"$defs":{"id":{"type":"string","pattern":"^[0-9]+$"}},"type":"object","properties":{"id":{"$ref":"#/$defs/id"}},"required":["id"]}""")]
    [InlineData("{}")]
    public void Draw_AnySchema_GivesDifferentValuesThatItAccepts(string schema)
    {
        var compiled = JsonSchema.Compile(JsonElement.Parse(schema)).Schema!;

        var drawn = new InputGenerator(JsonElement.Parse(schema), 1).Draw(30);

        Assert.NotEmpty(drawn);
        Assert.All(drawn, value => Assert.Empty(compiled.Validate(value)));
        Assert.Equal(drawn.Count, drawn.Select(value => value.GetRawText()).Distinct().Count());
    }

    [Fact]
    public void Draw_Object_BeginsWithTheLeastAndTheMost()
    {
        var drawn = new InputGenerator(JsonElement.Parse(Person), 1).Draw(2);

        Assert.Equal(["name", "tags"], drawn[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal((1, 1), (drawn[0].GetProperty("name").GetString()!.Length, drawn[0].GetProperty("tags").GetArrayLength()));
        Assert.Equal((8, 3, 150), (drawn[1].GetProperty("name").GetString()!.Length, drawn[1].GetProperty("tags").GetArrayLength(), drawn[1].GetProperty("age").GetInt32()));
    }

    [Fact]
    public void Draw_SameSeed_GivesTheSame()
    {
        var (one, same, other) = (Texts(7), Texts(7), Texts(8));

        Assert.Equal(one, same);
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("""{"type":"string","pattern":"^[0-9]{3}-[a-z]{5}-[A-Z]{7}$"}""")]
    public void Draw_NothingThatIsMadeUpFits_GivesNone(string schema) => Assert.Empty(new InputGenerator(JsonElement.Parse(schema), 1).Draw(10));

    private static List<string> Texts(int seed) => [.. new InputGenerator(JsonElement.Parse(Person), seed).Draw(20).Select(value => value.GetRawText())];
}
