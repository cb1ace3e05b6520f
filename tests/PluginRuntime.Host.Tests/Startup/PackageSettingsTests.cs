using Microsoft.Extensions.Configuration;
using PluginRuntime.Host.Settings;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class PackageSettingsTests
{
    [Theory]
    [InlineData(null, 24.0)]
    [InlineData("0s", 0.0)]
    [InlineData("36h", 36.0)]
    [InlineData("never", null)]
    public void KeepUnused_Given_IsHours(string? text, double? hours)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Packages:KeepUnused", text)]).Build();
        var errors = new List<string>();

        var options = new PackageSettings(settings.GetSection("Packages"), Path.GetTempPath(), errors).Read();

        Assert.Empty(errors);
        Assert.Equal(hours, options.KeepUnused?.TotalHours);
    }
}
