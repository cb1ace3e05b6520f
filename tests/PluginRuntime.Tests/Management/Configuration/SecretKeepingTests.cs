using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class SecretKeepingTests
{
    private const string Stored = """
        {"connector":"c","host":"h","settings":{"url":"https://a.example","label":"l","key":"canary"},
         "credentials":{"type":"oauth","clientId":"i","clientSecret":"canary","tokenUrl":"https://t.example"}}
        """;

    private const string Schema = """
        {"properties":{"url":{"type":"string"},"site":{"type":"string","format":"uri"},"label":{"type":"string"},"key":{"type":"string","writeOnly":true}}}
        """;

    [Theory]
    [InlineData("""{"settings":{"label":"other"}}""")]
    [InlineData("""{"credentials":{"clientId":"other"}}""")]
    [InlineData("""{"timeout":"1s"}""")]
    [InlineData("""{"host":"other","settings":{"key":"new"},"credentials":{"clientSecret":"new"}}""")]
    [InlineData("""{"host":"other","settings":{"key":"canary"},"credentials":{"clientSecret":"canary"}}""")]
    public void Check_PlaceStaysOrSecretsAreGiven_IsFine(string patch) => Assert.Empty(Check(patch));

    [Theory]
    [InlineData("""{"host":"other"}""")]
    [InlineData("""{"host":null}""")]
    [InlineData("""{"port":1}""")]
    [InlineData("""{"connector":"d"}""")]
    [InlineData("""{"settings":{"url":"https://b.example"}}""")]
    [InlineData("""{"settings":{"site":"https://b.example"}}""")]
    [InlineData("""{"settings":{"unknown":"x"}}""")]
    [InlineData("""{"credentials":{"tokenUrl":"https://b.example"}}""")]
    public void Check_PlaceChanges_EverySecretHasToBeGiven(string patch) => Assert.Equal(
        ["/credentials/clientSecret secret.required", "/settings/key secret.required"],
        Check(patch).Select(error => $"{error.Pointer} {error.Code}").Where(error => !error.Contains("unknown", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Fact]
    public void Check_PlaceholderForNothing_HasToBeGiven()
    {
        var error = Assert.Single(SecretKeeping.Check(null, Json("""{"connector":"c","credentials":{"type":"bearer","token":{"$secret":"set"}}}"""), null, null));

        Assert.Equal(("/credentials/token", "secret.required"), (error.Pointer, error.Code));
    }

    private static IReadOnlyList<ValidationError> Check(string patch)
    {
        var wanted = Json(Stored);
        Merge(wanted, Json(patch));
        return SecretKeeping.Check(Json(Stored), wanted, Json(patch), JsonElement.Parse(Schema));
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is JsonObject inner && target[key] is JsonObject group)
            {
                Merge(group, inner);
            }
            else
            {
                target[key] = value?.DeepClone();
            }
        }
    }

    private static JsonObject Json(string json) => JsonNode.Parse(json)!.AsObject();
}
