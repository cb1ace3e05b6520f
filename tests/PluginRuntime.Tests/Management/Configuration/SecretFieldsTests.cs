using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class SecretFieldsTests
{
    [Fact]
    public void Hide_WriteOnlySetting_IsReplaced()
    {
        var shown = Hide(
            """{"connector":"c","settings":{"user":"app","password":"hunter2","count":3}}""",
            """{"properties":{"user":{"type":"string"},"password":{"type":"string","writeOnly":true},"count":{"type":"integer"}}}""");

        Assert.Equal("""{"connector":"c","settings":{"user":"app","password":{"$secret":"set"},"count":3}}""", shown);
    }

    [Theory]
    [InlineData("""{"properties":{"tls":{"type":"object","properties":{"key":{"type":"string","writeOnly":true}}}}}""")]
    [InlineData("""{"properties":{"tls":{"$ref":"#/$defs/tls"}},"$defs":{"tls":{"properties":{"key":{"writeOnly":true}}}}}""")]
    [InlineData("""{"properties":{"tls":{"allOf":[{"properties":{"key":{"writeOnly":true}}}]}}}""")]
    [InlineData("""{"properties":{"tls":{"additionalProperties":{"writeOnly":true}}}}""")]
    [InlineData("""{"properties":{"tls":{"type":"object","properties":{}}}}""")]
    [InlineData("""{"properties":{"tls":true}}""")]
    [InlineData("""{"properties":{}}""")]
    [InlineData("""true""")]
    public void Hide_SecretLiesDeeper_IsNotShown(string schema)
    {
        var shown = Hide("""{"settings":{"tls":{"key":"hunter2"}}}""", schema);

        Assert.DoesNotContain("hunter2", shown, StringComparison.Ordinal);
        Assert.Contains("$secret", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Hide_NestedSettings_ShowsWhatIsNoSecret()
    {
        var shown = Hide(
            """{"settings":{"tls":{"key":"hunter2","name":"n"},"tags":["a"],"keys":["hunter2"]}}""",
            """
            {"properties":{"tls":{"properties":{"key":{"writeOnly":true},"name":{"type":"string"}}},"tags":{"type":"array","items":{"type":"string"}},
             "keys":{"type":"array","items":{"type":"string","writeOnly":true}}}}
            """);

        Assert.Equal("""{"settings":{"tls":{"key":{"$secret":"set"},"name":"n"},"tags":["a"],"keys":{"$secret":"set"}}}""", shown);
    }

    [Fact]
    public void Hide_NoSchema_EverySettingIsReplaced() =>
        Assert.Equal("""{"settings":{"a":{"$secret":"set"},"b":{"$secret":"set"}}}""", Hide("""{"settings":{"a":1,"b":{"c":2}}}""", null));

    [Fact]
    public void Hide_Credentials_ShowsOnlyWhatIsKnownToBeOpen()
    {
        var shown = Hide(
            """{"credentials":{"type":"oauth","clientId":"id","clientSecret":"hunter2","Password":"hunter2","refreshToken":"hunter2","scopes":["a"]}}""", null);

        Assert.DoesNotContain("hunter2", shown, StringComparison.Ordinal);
        Assert.Contains("\"clientId\":\"id\"", shown, StringComparison.Ordinal);
        Assert.Contains("\"scopes\":[\"a\"]", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"$secret":"set"}""", true)]
    [InlineData("""{"$secret":"set","more":1}""", false)]
    [InlineData("""{"$secret":1}""", false)]
    [InlineData("\"text\"", false)]
    [InlineData("null", false)]
    public void IsPlaceholder_Value_TellsWhetherItStandsForASecret(string json, bool expected) =>
        Assert.Equal(expected, SecretFields.IsPlaceholder(JsonNode.Parse(json)));

    private static string Hide(string config, string? schema) =>
        SecretFields.Hide(Encoding.UTF8.GetBytes(config), schema is null ? null : JsonElement.Parse(schema)).ToJsonString();
}
