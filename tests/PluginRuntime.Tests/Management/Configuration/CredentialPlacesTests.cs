using System.Text;
using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class CredentialPlacesTests
{
    private const string Schema = """
        {"properties":{"database":{"type":"string"},"url":{"type":"string"},"site":{"type":"string","format":"hostname"},"connectionString":{"type":"string"},
         "useProxy":{"type":"boolean"},"port":{"type":"integer"},"sslPort":{"type":"integer"},"report":{"type":"string"},"brokers":{"type":"array","items":{"type":"string"}}}}
        """;

    /// <summary>Whether the secret itself would be given to a connector with these settings and the right host and port.</summary>
    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"database":"orders","report":"daily","useProxy":true,"url":null}""", true)]
    [InlineData("""{"url":"https://a.example:5432/x?y=z,1"}""", true)]
    [InlineData("""{"site":"a.example:5432"}""", true)]
    [InlineData("""{"brokers":["a.example:5432"]}""", true)]
    [InlineData("""{"url":"https://a.example/"}""", false)]
    [InlineData("""{"url":"https://evil.example:5432/"}""", false)]
    [InlineData("""{"url":"https://a.example:5432@evil.example/"}""", false)]
    [InlineData("""{"url":"https://a.example:5432\\@evil.example/"}""", false)]
    [InlineData("""{"url":"https://a.example:5432,evil.example:5432/"}""", false)]
    [InlineData("""{"site":"evil.example"}""", false)]
    [InlineData("""{"brokers":["a.example:5432","evil.example:5432"]}""", false)]
    [InlineData("""{"connectionString":"Host=a.example;Port=5432"}""", false)]
    [InlineData("""{"database":"orders;Host=evil.example"}""", false)]
    [InlineData("""{"database":"orders?hostaddr=6.6.6.6"}""", false)]
    [InlineData("""{"database":"orders Data Source = evil.example"}""", false)]
    [InlineData("""{"database":"postgres://evil.example/x"}""", false)]
    [InlineData("""{"port":5433}""", false)]
    [InlineData("""{"sslPort":5433}""", false)]
    [InlineData("""{"unknown":"evil.example"}""", false)]
    [InlineData("""{"url":"${env:URL}"}""", false)]
    public void Of_Settings_OverrideTheHostNowhere(string settings, bool expected)
    {
        var serving = CredentialDestinations.Of(["c"], ["a.example:5432"]);

        var places = CredentialPlaces.Of(Config("a.example", 5432, settings), Manifest());

        Assert.Equal(expected, places.All(place => place.Host is not null && serving.Allows(place.Host, place.Port)));
    }

    [Theory]
    [InlineData("a.example", 5432, "{}", "")]
    [InlineData("a.example", null, "{}", "")]
    [InlineData(null, null, "{}", "")]
    [InlineData("a.example", 1, "{}", "/port")]
    [InlineData("b.example", null, "{}", "/host")]
    [InlineData("b.example", 5432, "{}", "/host")]
    [InlineData("а.example", 5432, "{}", "/host")]
    [InlineData(null, null, """{"url":"https://b.example"}""", "/settings/url")]
    [InlineData(null, null, """{"url":"/path","database":"b.example"}""", "")]
    public void Check_PlainlyElsewhere_IsAnError(string? host, int? port, string settings, string expected)
    {
        var serving = CredentialDestinations.Of(["c"], ["a.example:5432"]);

        Assert.Equal(expected, string.Join(' ', CredentialPlaces.Check(Config(host, port, settings), Manifest(), serving, "n").Select(error => error.Pointer)));
    }

    private static InstanceConfig Config(string? host, int? port, string settings) =>
        new() { Connector = "c", Host = host, Port = port, Settings = Encoding.UTF8.GetBytes(settings) };

    private static ConnectorManifest Manifest() =>
        new() { Id = "c", Name = "C", Version = SemanticVersion.Parse("1.0.0"), SettingsSchema = JsonElement.Parse(Schema) };
}
