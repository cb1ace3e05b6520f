using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class ConnectorRuntimeTests
{
    [Fact]
    public async Task InvokeAsync_PackageInDropFolder_Answers()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");

        var answer = await test.CallAsync("who");

        Assert.Equal("1.0.0", answer.GetProperty("version").GetString());
        Assert.Equal(ConnectionState.Connected, test.Status().State);
    }

    [Fact]
    public async Task DropFolder_HigherVersionArrives_SwapsAndCollectsTheOldOne()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", await test.VersionAsync());

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");

        Assert.Equal("1.1.0", await test.VersionAsync());
        await test.UntilAsync(status => status.Previous is { Version: "1.0.0", Drained: true, Collected: true });
    }
}
