using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Instances;

public sealed class InstanceConnectionsTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    private string Flag => Path.Combine(_test.Root, "down");

    public async Task InitializeAsync()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.StartAsync(options =>
        {
            options.Instances["fixed"] = RuntimeUnderTest.ProbeConfig();
            options.Instances["off"] = RuntimeUnderTest.ProbeConfig("""{"enabled":false}""");
        });
        await _test.PutProbeAsync("""{"enabled":false}""", "api");
        await _test.PutProbeAsync($$$"""{"enabled":false,"settings":{"downWhileFileExists":"{{{Flag}}}"}}""", "down");
        await File.WriteAllTextAsync(Flag, "");
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task ConnectAndDisconnect_One_ArePersistedAndAnswerHowItStandsAfterwards()
    {
        var on = await _test.Runtime.ConnectAsync("api");
        Assert.Equal((ConnectionState.Connected, true, "1.0.0"), (on.State, on.IsConnected, on.Generation?.Version));
        Assert.True(_test.Runtime.Get("api").Definition!.Config!.Enabled);

        var off = await _test.Runtime.DisconnectAsync("api");
        Assert.Equal((ConnectionState.Disconnected, false, true), (off.State, off.IsConnected, off.Previous?.Drained));
        Assert.False(_test.Runtime.Get("api").Definition!.Config!.Enabled);

        await Assert.ThrowsAsync<InstanceUnknownException>(() => _test.Runtime.ConnectAsync("none"));
    }

    [Fact]
    public async Task ConnectAsync_OutsideSystemIsDown_AnswersTheErrorAndTriesAgainWhenAsked()
    {
        var down = await _test.Runtime.ConnectAsync("down");
        Assert.Equal((ConnectionState.Error, "connector.unavailable"), (down.State, down.LastError?.Code));

        File.Delete(Flag);
        Assert.Equal(ConnectionState.Connected, (await _test.Runtime.ConnectAsync("down")).State);
    }

    [Fact]
    public async Task ConnectAsync_ProgramDefinesIt_IsRefusedOnlyWhereSomethingWouldChange()
    {
        Assert.True((await _test.Runtime.ConnectAsync("fixed")).IsConnected);
        Assert.False((await _test.Runtime.DisconnectAsync("off")).IsConnected);
        await Assert.ThrowsAsync<InstanceReadOnlyException>(() => _test.Runtime.ConnectAsync("off"));
        await Assert.ThrowsAsync<InstanceReadOnlyException>(() => _test.Runtime.DisconnectAsync("fixed"));
    }

    [Fact]
    public async Task ConnectAllAsync_SomeFail_TellsOfEachByName()
    {
        var results = await _test.Runtime.ConnectAllAsync();

        Assert.Equal(["api", "down", "fixed", "off"], results.Select(result => result.Instance));
        Assert.Equal(
            [ConnectionState.Connected, ConnectionState.Error, ConnectionState.Connected, null], results.Select(result => result.Status?.State));
        Assert.Equal([null, null, null, "instance.read-only"], results.Select(result => result.Refusal?.Code));
    }

    [Fact]
    public async Task DisconnectAllAsync_LeavesWhatTheProgramDefines()
    {
        await _test.Runtime.ConnectAsync("api");

        var results = await _test.Runtime.DisconnectAllAsync();

        Assert.Equal([null, null, "instance.read-only", null], results.Select(result => result.Refusal?.Code));
        Assert.Equal("1.0.0", await _test.VersionAsync("fixed"));
        Assert.Equal(ConnectionState.Disconnected, _test.Status("api").State);
    }

    [Fact]
    public async Task ReconnectAllAsync_RebuildsWhatIsNotDisabled()
    {
        await _test.Runtime.ConnectAsync("down");
        var before = (await _test.Runtime.ConnectAsync("fixed")).Generation!.Number;

        var operations = await _test.Runtime.ReconnectAllAsync();

        Assert.Equal(["down", "fixed"], operations.Select(operation => operation.Instance));
        Assert.Equal(
            [(OperationStatus.Failed, "connector.unavailable"), (OperationStatus.Succeeded, null)],
            operations.Select(operation => (operation.Status, operation.Code)));
        Assert.True(_test.Status("fixed").Generation!.Number > before);
    }

    [Fact]
    public async Task CheckAllHealthAsync_TellsOfEachByName()
    {
        await _test.Runtime.ConnectAsync("fixed");

        var found = await _test.Runtime.CheckAllHealthAsync();

        Assert.Equal(["api", "down", "fixed", "off"], found.Select(one => one.Instance));
        Assert.Equal([false, false, true, false], found.Select(one => one.Health.Healthy));
    }
}
