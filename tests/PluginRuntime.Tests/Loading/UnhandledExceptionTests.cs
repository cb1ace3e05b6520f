using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class UnhandledExceptionTests
{
    [Theory]
    [InlineData("leaks 1.0.0-rc.1 0123456789ab", "leaks", "1.0.0-rc.1")]
    [InlineData("leaks", "leaks", null)]
    public void Package_IsTakenApart(string package, string connector, string? version)
    {
        var unhandled = new UnhandledException(package, "why");

        Assert.Equal((connector, version), (unhandled.Connector, unhandled.Version));
    }
}
