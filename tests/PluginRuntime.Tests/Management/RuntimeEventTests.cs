using PluginRuntime.Diagnostics;

namespace PluginRuntime.Tests.Management;

/// <summary>What operators are told of, over a real runtime.</summary>
public sealed class RuntimeEventTests
{
    [Fact]
    public async Task Swap_TellsItsWholeStory()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilVersionAsync("1.1.0");
        await test.UntilAsync(status => status.Previous is { Collected: true });
        await test.UntilAsync(_ => Told(test).Contains(EventTypes.Unloaded));

        var events = test.Runtime.Events.Snapshot();
        Assert.Equal(EventTypes.Started, events[0].Type);
        Assert.Equal(
            ["disconnected connecting", "connecting connected", "connected reconnecting", "reconnecting connected"],
            Of(test, EventTypes.StateChanged).Select(told => $"{told.Data["from"]} {told.Data["to"]}"));
        var published = Of(test, EventTypes.Published);
        Assert.Equal(["1.0.0", "1.1.0"], published.Select(told => told.Version));
        Assert.Equal(("p", "probe", "1.0.0"), (published[1].Instance, published[1].Connector, published[1].Data["from"]));
        var retired = Assert.Single(Of(test, EventTypes.Retired));
        Assert.Equal(("1.0.0", "true", "0"), (retired.Version, retired.Data["drained"], retired.Data["late"]));
        var unloaded = Assert.Single(Of(test, EventTypes.Unloaded));
        Assert.Equal(("probe", "1.0.0", false), (unloaded.Connector, unloaded.Version, unloaded.Data.ContainsKey("heldBy")));
    }

    [Fact]
    public async Task BadVersion_TellsOfItsQuarantine()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");

        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.UntilAsync(_ => Told(test).Contains(EventTypes.Quarantined));

        var quarantined = Assert.Single(Of(test, EventTypes.Quarantined));
        Assert.Equal(("p", "probe", "1.1.0", "load.constructor-threw"), (quarantined.Instance, quarantined.Connector, quarantined.Version, quarantined.Code));
    }

    [Fact]
    public async Task InstanceThatFailsOverAndOver_IsToldOfOnceACause()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        var flag = Path.Combine(test.Root, "down");
        await File.WriteAllTextAsync(flag, "");
        await test.StartProbeAsync($$$"""{"settings":{"downWhileFileExists":"{{{flag}}}"}}""");
        await test.UntilAsync(_ => test.Log.Lines.Count(line => line.Contains("p cannot be brought up", StringComparison.Ordinal)) >= 3);
        File.Delete(flag);
        await test.UntilVersionAsync("1.0.0");

        Assert.Equal("connector.unavailable", Assert.Single(Of(test, EventTypes.Failed)).Code);
        Assert.Equal(
            ["disconnected connecting", "connecting error", "error connected"],
            Of(test, EventTypes.StateChanged).Select(told => $"{told.Data["from"]} {told.Data["to"]}"));
    }

    [Fact]
    public async Task ConfigFile_BreaksAndIsMended_IsToldOfBoth()
    {
        await using var test = RuntimeUnderTest.Create();
        await File.WriteAllTextAsync(test.ConfigFile, "{ broken");
        await test.StartProbeAsync();
        await File.WriteAllTextAsync(test.ConfigFile, """{"instances":{"x":{"connector":"nobody"}}}""");
        await test.UntilAsync(_ => Of(test, EventTypes.ConfigFile).Count == 2);

        var told = Of(test, EventTypes.ConfigFile);
        Assert.Equal(["file.broken", null], told.Select(one => one.Code));
        Assert.All(told, one => Assert.Equal(test.ConfigFile, one.Data["file"]));
    }

    [Fact]
    public async Task PackageRefused_IsToldOf()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", spoil: directory => File.WriteAllText(Path.Combine(directory, "connector.json"), "{"));
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");

        var refused = Assert.Single(Of(test, EventTypes.PackageRefused));
        Assert.NotNull(refused.Code);
        Assert.Contains("probe-1.1.0", refused.Data["source"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_GoesOnWithTheNumbers()
    {
        using var root = new Sdk.TemporaryDirectory();
        long last;
        await using (var test = RuntimeUnderTest.Create(root.Path))
        {
            await test.StartAsync();
            last = test.Runtime.Events.Publish(EventTypes.Baked, "before").Sequence;
        }

        await using var again = RuntimeUnderTest.Create(root.Path);
        await again.StartAsync();
        var events = again.Runtime.Events.Snapshot();
        Assert.Contains(events, told => told.Sequence == last && told.Detail == "before");
        Assert.Equal((last + 1, "true"), (events[^1].Sequence, events[^1].Data["clean"]));
    }

    private static HashSet<string> Told(RuntimeUnderTest test) => [.. test.Runtime.Events.Snapshot().Select(told => told.Type)];

    private static List<RuntimeEvent> Of(RuntimeUnderTest test, string type) => [.. test.Runtime.Events.Snapshot().Where(told => told.Type == type)];
}
