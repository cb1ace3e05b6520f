using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>A version that passed its checks and turned bad takes itself back within its bake period.</summary>
public sealed class AutomaticRollbackTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    private string Flag => Path.Combine(_test.Root, "down");

    private string Config =>
        $$$"""{"bake":{"time":"10m","calls":50},"retry":{"maxRetries":0},"settings":{"downWhileFileExists":"{{{Flag}}}"}}""";

    public async Task InitializeAsync()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.StartProbeAsync(Config);
        await _test.UntilVersionAsync("1.0.0");
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Theory]
    [InlineData("who-throws", "calls of 'who' failed by its own fault")]
    [InlineData("who-unavailable", "It turned unhealthy: nobody answers it")]
    public async Task Swap_NewVersionFailsItsCalls_IsTakenBackAndQuarantined(string behaviour, string why)
    {
        await CallAsync(60);
        FixturePackages.DropProbe(_test.DropFolder, "1.1.0", behaviour);
        await _test.UntilVersionAsync("1.1.0");

        await UntilCallsSucceedAsync();

        await _test.UntilVersionAsync("1.0.0");
        var entry = Assert.Single(_test.Status().Quarantine);
        Assert.Equal(("1.1.0", "rollback.automatic"), (entry.Package.Version.ToString(), entry.Code));
        Assert.Contains(why, entry.Detail, StringComparison.Ordinal);
        Assert.Null(_test.Status().Hold);
        await _test.UntilAsync(_ => _test.Runtime.Events.Snapshot().Any(each => each.Type == EventTypes.RolledBack));
        var told = _test.Runtime.Events.Snapshot().Single(each => each.Type == EventTypes.RolledBack);
        Assert.Equal(("1.1.0", "1.0.0"), (told.Data["from"], told.Data["to"]));
    }

    [Fact]
    public async Task TakenBack_HigherVersionComes_IsTaken()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.1.0", "who-unavailable");
        await _test.UntilVersionAsync("1.1.0");
        await UntilCallsSucceedAsync();

        FixturePackages.DropProbe(_test.DropFolder, "1.2.0");

        await _test.UntilVersionAsync("1.2.0");
    }

    [Fact]
    public async Task TakenBack_AfterRestart_StaysBack()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.1.0", "who-unavailable");
        await _test.UntilVersionAsync("1.1.0");
        await UntilCallsSucceedAsync();
        await _test.UntilVersionAsync("1.0.0");
        await _test.Runtime.DisposeAsync();

        await using var second = RuntimeUnderTest.Create(_test.Root);
        await second.StartProbeAsync(Config);

        await second.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task OutsideSystemGoesDownAfterASwap_NewVersionIsNotBlamed()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.1.0");
        await _test.UntilVersionAsync("1.1.0");
        await File.WriteAllTextAsync(Flag, "");
        for (var i = 0; i < 60; i++)
        {
            await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync("fail", """{"kind":"unavailable","times":1000000}"""));
        }

        await _test.UntilAsync(_ => _test.Log.Lines.Any(line => line.Contains("was not taken back", StringComparison.Ordinal)));
        File.Delete(Flag);

        await _test.UntilAsync(status => status is { State: ConnectionState.Connected, Health.Healthy: true });
        Assert.Equal("1.1.0", await _test.VersionAsync());
        Assert.Empty(_test.Status().Quarantine);
    }

    [Fact]
    public async Task BakePeriodPasses_IsTold()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"bake":{"time":"200ms"}}""");
        await test.UntilVersionAsync("1.0.0");

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");

        await test.UntilAsync(_ => test.Runtime.Events.Snapshot().Any(each => each is { Type: EventTypes.Baked, Version: "1.1.0" }));
        await test.UntilAsync(status => status.Previous is { Version: "1.0.0", Collected: true });
    }

    private async Task CallAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _test.VersionAsync();
        }
    }

    private async Task UntilCallsSucceedAsync()
    {
        for (var i = 0; i < 60; i++)
        {
            try
            {
                await _test.VersionAsync();
            }
            catch (PluginRuntimeException)
            {
                // The new version's failures are what it is taken back for.
            }
        }

        await _test.UntilVersionAsync("1.0.0");
        await CallAsync(1);
    }
}
