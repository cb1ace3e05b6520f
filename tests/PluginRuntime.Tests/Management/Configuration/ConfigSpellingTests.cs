using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class ConfigSpellingTests
{
    [Fact]
    public void OfInstance_KeysInAnyCase_AreSpeltAsJsonHasThem()
    {
        var spelt = ConfigSpelling.OfInstance(JsonNode.Parse(
            """{"CONNECTOR":"c","POOL":{"ACQUIRETIMEOUT":"1s","what":1},"Credentials":{"APIKEY":"k"},"SETTINGS":{"Own":"x"},"Unknown":1}"""));

        Assert.Equal(
            """{"connector":"c","pool":{"acquireTimeout":"1s","what":1},"credentials":{"apiKey":"k"},"settings":{"Own":"x"},"Unknown":1}""", spelt!.ToJsonString());
    }

    [Fact]
    public void OfSettings_SchemaNamesThem_AreSpeltAsItHasThem()
    {
        using var schema = JsonDocument.Parse(
            """{"properties":{"dataSource":{"type":"string"},"a":{},"A":{},"tls":{"properties":{"keyFile":{}}},"hosts":{"items":{"properties":{"hostName":{}}}}}}""");

        var spelt = ConfigSpelling.OfSettings(
            JsonNode.Parse("""{"DATASOURCE":"d","A":1,"a":2,"TLS":{"KEYFILE":"k"},"Hosts":[{"HOSTNAME":"h"}],"Other":{"X":1}}"""), schema.RootElement);

        Assert.Equal(
            """{"dataSource":"d","A":1,"a":2,"tls":{"keyFile":"k"},"hosts":[{"hostName":"h"}],"Other":{"X":1}}""", spelt!.ToJsonString());
    }

    [Fact]
    public void SecretSettings_OfASchema_AreTheValuesThatAreNotShown()
    {
        using var schema = JsonDocument.Parse("""{"properties":{"user":{},"password":{"writeOnly":true},"keys":{"items":{"writeOnly":true}}}}""");

        var secrets = SecretSettings.In("""{"user":"app","password":"hunter22","keys":["key-one",7],"misspelt":{"x":"deep-one"}}"""u8.ToArray(), schema.RootElement);

        Assert.Equal(["hunter22", "key-one", "7", "deep-one"], secrets);
    }
}
