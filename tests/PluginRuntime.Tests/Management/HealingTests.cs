using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>What an instance does about an outside system that goes away and comes back.</summary>
public sealed class HealingTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    private string Flag => Path.Combine(_test.Root, "down");

    private string Config =>
        $$$"""
        {"settings":{"downWhileFileExists":"{{{Flag}}}"},"pool":{"size":3,"min":1},"health":{"interval":"100ms"},
         "breaker":{"failures":5,"openFor":"10m"},"retry":{"maxRetries":0}}
        """;

    public async Task InitializeAsync()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.StartProbeAsync(Config);
        await _test.UntilVersionAsync("1.0.0");
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task Idle_OutsideSystemGoesAndComesBack_InstanceShowsItAndHeals()
    {
        await File.WriteAllTextAsync(Flag, "");
        await _test.UntilAsync(status => status is { State: ConnectionState.Reconnecting, IsConnected: false, Health.Healthy: false });

        File.Delete(Flag);
        await _test.UntilAsync(status => status is { State: ConnectionState.Connected, IsConnected: true, Health: { Healthy: true, Status: "healthy" } });

        Assert.Equal("1.0.0", await _test.VersionAsync());
        Assert.Equal(
            ["disconnected>connecting", "connecting>connected", "connected>reconnecting", "reconnecting>connected"],
            Changes(EventTypes.StateChanged));
        Assert.Equal(["healthy>unhealthy", "unhealthy>healthy"], Changes(EventTypes.HealthChanged));
        var bad = _test.Runtime.Events.Snapshot().First(each => each.Type == EventTypes.HealthChanged);
        Assert.Equal(("p", "1.0.0", "health.unhealthy"), (bad.Instance, bad.Version, bad.Code));
    }

    [Fact]
    public async Task Calls_FailAtTheConnection_BreakerOpensAndTheFirstGoodCheckClosesIt()
    {
        await File.WriteAllTextAsync(Flag, "");
        var codes = new List<string>();
        while (!codes.Contains("breaker.open"))
        {
            codes.Add((await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync("fail", """{"kind":"unavailable","times":1000}"""))).Code);
        }

        File.Delete(Flag);
        await _test.UntilAsync(status => status is { State: ConnectionState.Connected, Health.Healthy: true });

        // It would stay open for ten minutes: a check has closed it.
        Assert.Equal("1.0.0", await _test.VersionAsync());
        Assert.Subset(new HashSet<string> { "connector.unavailable", "breaker.open" }, codes.ToHashSet());
        Assert.Equal(["closed>open", "open>closed"], Changes(EventTypes.BreakerChanged));
    }

    [Fact]
    public async Task BreakerOpen_CallSaysWhenItIsTriedAgain()
    {
        await File.WriteAllTextAsync(Flag, "");
        BreakerOpenException? open = null;
        while (open is null)
        {
            open = await Assert.ThrowsAnyAsync<PluginRuntimeException>(
                () => _test.CallAsync("fail", """{"kind":"timeout","times":1000}""")) as BreakerOpenException;
        }

        Assert.InRange(open.RetryAfter!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.Contains("'p'", open.Message, StringComparison.Ordinal);
    }

    private IEnumerable<string> Changes(string type) =>
        _test.Runtime.Events.Snapshot().Where(each => each.Type == type && each.Instance == "p").Select(each => $"{each.Data["from"]}>{each.Data["to"]}");
}
