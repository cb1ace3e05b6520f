using System.Text.Json;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class ConfigKeysTests
{
    [Theory]
    [InlineData("""{"connector":"c","version":"^2"}""")]
    [InlineData("""{"connector":"c","update":"manual"}""")]
    [InlineData("""{"connector":"c","enabled":true}""")]
    [InlineData("""{"connector":"c","required":true}""")]
    [InlineData("""{"connector":"c","bake":{"time":"1s"}}""")]
    [InlineData("""{ "connector" : "c" }""")]
    public void Of_NothingInsideAGenerationDiffers_IsTheSame(string other) => Assert.Equal(Of("""{"connector":"c"}"""), Of(other));

    [Theory]
    [InlineData("""{"connector":"c","poolSize":3}""")]
    [InlineData("""{"connector":"c","settings":{"a":1}}""")]
    [InlineData("""{"connector":"c","host":"h"}""")]
    [InlineData("""{"connector":"c","timeout":"1s"}""")]
    [InlineData("""{"connector":"d"}""")]
    public void Of_SomethingInsideAGenerationDiffers_IsAnother(string other) => Assert.NotEqual(Of("""{"connector":"c"}"""), Of(other));

    [Fact]
    public void Of_TrustDiffers_IsAnother()
    {
        var definition = InstanceDefinition.Read("a", DefinitionOrigin.File, JsonElement.Parse("""{"connector":"c"}"""));

        Assert.NotEqual(ConfigKeys.Of(definition, null), ConfigKeys.Of(definition with { IsTrusted = false }, null));
    }

    [Fact]
    public void Of_NamedCredentialDiffers_IsAnother()
    {
        var definition = InstanceDefinition.Read("a", DefinitionOrigin.File, JsonElement.Parse("""{"connector":"c","credentials":"x"}"""));

        Assert.NotEqual(ConfigKeys.Of(definition, "{}"u8.ToArray()), ConfigKeys.Of(definition, "{ }"u8.ToArray()));
    }

    private static string Of(string json) => ConfigKeys.Of(InstanceDefinition.Read("a", DefinitionOrigin.File, JsonElement.Parse(json)), null);
}
