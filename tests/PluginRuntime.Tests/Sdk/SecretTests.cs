using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

public sealed class SecretTests
{
    private static readonly JsonSerializerOptions _everything = new() { IncludeFields = true };

    [Fact]
    public void Secret_Printed_IsHidden()
    {
        var secret = new Secret("canary");
        var header = new CredentialHeader("X-Key", secret);

        string[] printed =
        [
            secret.ToString(), $"{secret}", $"{secret,10}", string.Concat("a", secret), header.ToString(), $"{header}",
            JsonSerializer.Serialize(secret), JsonSerializer.Serialize(header), JsonSerializer.Serialize(new { secret }, _everything),
            JsonSerializer.Serialize(new Dictionary<string, object> { ["a"] = secret }),
        ];

        Assert.All(printed, text => Assert.Contains("***", text, StringComparison.Ordinal));
        Assert.All(printed, text => Assert.DoesNotContain("canary", text, StringComparison.Ordinal));
        Assert.Equal("canary", secret.Reveal());
    }

    [Fact]
    public void Secret_HasNothingPublicToTakeApart() => Assert.Empty(typeof(Secret).GetProperties());

    [Fact]
    public void Secret_ReadFromJson_IsRefused() => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Secret>("\"***\""));
}
