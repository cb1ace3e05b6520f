using PluginRuntime.Sdk.Testing;

namespace MyConnector.Tests;

public class MyConnectorTests
{
    [Fact]
    public async Task MyConnector_Conforms()
    {
        var report = await Conformance.TestAsync("connectors/MyConnector");

        Assert.True(report.IsPassed, report.ToText());
    }
}
