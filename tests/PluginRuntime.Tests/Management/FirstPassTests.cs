namespace PluginRuntime.Tests.Management;

public sealed class FirstPassTests
{
    [Fact]
    public async Task Invoke_InstanceIsStillComingUp_WaitsForItInsteadOfFailing()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();

        Assert.Equal("1.0.0", await test.VersionAsync());
    }
}
