using System.Collections.Concurrent;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>No call is lost, whatever else goes on.</summary>
public sealed class SwapUnderLoadTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Swap_OrderedTwiceWhileOneIsUnderWay_TheNewestWinsAndTheOtherSaysSo()
    {
        await using var test = RuntimeUnderTest.Create();
        var (state, held) = await StartHeldAsync(test);
        var first = Swap(test, "1.1.0");
        await held.Reached.WaitAsync(_patience);
        state.BeforeSave = (_, _, _) => Task.CompletedTask;

        var second = Swap(test, "1.2.0");
        var third = Swap(test, "1.3.0");

        var replaced = await second.Ended.WaitAsync(_patience);
        Assert.Equal((OperationStatus.Failed, "operation.superseded"), (replaced.Status, replaced.Code));
        Assert.Empty(replaced.Phases);
        held.Release();
        Assert.Equal(OperationStatus.Succeeded, (await first.Ended.WaitAsync(_patience)).Status);
        Assert.Equal(OperationStatus.Succeeded, (await third.Ended.WaitAsync(_patience)).Status);
        Assert.Equal("1.3.0", await test.VersionAsync());
        Assert.Equal(["1.0.0", "1.1.0", "1.3.0"], Versions(test, EventTypes.Published));
    }

    [Fact]
    public async Task Put_TwiceWhileAPassIsUnderWay_OnlyTheNewestIsBuilt()
    {
        await using var test = RuntimeUnderTest.Create();
        var (state, held) = await StartHeldAsync(test);
        var first = Swap(test, "1.1.0");
        await held.Reached.WaitAsync(_patience);
        state.BeforeSave = (_, _, _) => Task.CompletedTask;

        await test.PutProbeAsync("""{"version":"1.2.0"}""");
        await test.PutProbeAsync("""{"version":"1.3.0"}""");

        held.Release();
        await test.UntilVersionAsync("1.3.0");
        await first.Ended.WaitAsync(_patience);
        Assert.DoesNotContain("1.2.0", Versions(test, EventTypes.Published));
        Assert.Equal("1.3.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Swap_VersionsBeforeStillDrain_NobodyWaitsForThem()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        FixturePackages.DropProbe(test.DropFolder, "1.2.0");
        await test.StartProbeAsync("""{"version":"1.x","update":"manual","timeout":"1h","attemptTimeout":"1h","drain":{"timeout":"1h"},"pool":{"size":2,"min":1}}""");
        await test.UntilVersionAsync("1.2.0");
        await Swap(test, "1.0.0").Ended.WaitAsync(_patience);
        using var giveUp = new CancellationTokenSource();
        var onFirst = await NeverEndsAsync(test, giveUp.Token);
        await using var load = new CallLoad(test, callers: 2);
        await using var slow = new CallLoad(test, callers: 1, "sleep", """{"milliseconds":20}""");

        var second = Swap(test, "1.1.0");
        await test.UntilVersionAsync("1.1.0");
        var onSecond = await NeverEndsAsync(test, giveUp.Token);
        var third = Swap(test, "1.2.0");
        await test.UntilVersionAsync("1.2.0");

        // Three generations at once: two end when their attempts do, and calls go to the third.
        Assert.Equal("1.2.0", await test.VersionAsync());
        Assert.Equal([("drain", OperationStatus.Running), ("drain", OperationStatus.Running)], new[] { second, third }.Select(Standing));
        Assert.False(onFirst.IsCompleted || onSecond.IsCompleted);
        Assert.Empty((await load.StopAsync()).Failures);
        Assert.Empty((await slow.StopAsync()).Failures);

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => onFirst.WaitAsync(_patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => onSecond.WaitAsync(_patience));
        Assert.Equal(OperationStatus.Succeeded, (await second.Ended.WaitAsync(_patience)).Status);
        Assert.Equal(OperationStatus.Succeeded, (await third.Ended.WaitAsync(_patience)).Status);
        Assert.All(Of(test, EventTypes.Retired), told => Assert.Equal(("true", "0"), (told.Data["drained"], told.Data["late"])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Swap_EveryConnectionIsOutAndNobodyReturnsIt_TheNextVersionServes(int min)
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var open = new ConcurrentDictionary<object, byte>();
        var connector = new ScriptedConnector
        {
            Open = () =>
            {
                var connection = new object();
                open[connection] = 0;
                return new(connection);
            },
            Close = connection => Assert.True(open.TryRemove(connection, out _)),
        };
        await test.Runtime.RegisterAsync(
            connector, new() { Id = "scripted", Config = $$$"""{"pool":{"size":1,"min":{{{min}}},"acquireTimeout":"1s"},"drain":{"timeout":"1h"}}""" });
        var leases = new List<ConnectionLease<object>>();
        var swaps = new List<Operation>();

        for (var swap = 0; swap < 3; swap++)
        {
            leases.Add(await test.Runtime.RentAsync<object>("scripted"));
            var before = test.Status("scripted").Generation!.Number;
            swaps.Add(test.Runtime.Swaps.Reconnect("scripted"));
            await test.UntilAsync(status => status.Generation!.Number > before && status.State == ConnectionState.Connected, "scripted");
            await test.CallAsync("act", instance: "scripted");
        }

        // Each of those that wait holds one, and the live one has its own.
        Assert.All(swaps, swap => Assert.Equal(("drain", OperationStatus.Running), Standing(swap)));
        Assert.Equal(4, open.Count);
        leases.ForEach(lease => lease.Dispose());
        foreach (var swap in swaps)
        {
            Assert.Equal(OperationStatus.Succeeded, (await swap.Ended.WaitAsync(_patience)).Status);
        }

        var permits = test.Runtime.Get("scripted").Permits;
        await test.UntilAsync(_ => permits.Limit == 1 && permits.Held == 1 && open.Count == 1, "scripted");
    }

    [Fact]
    public async Task Swap_OutsideSystemIsDown_TheOldVersionStaysAndTheNewOneComesWithTheSystem()
    {
        await using var test = RuntimeUnderTest.Create();
        var down = Path.Combine(test.Root, "down");
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync($$$"""{"settings":{"downWhileFileExists":"{{{down}}}"},"pool":{"size":4,"min":2}}""");
        await test.UntilVersionAsync("1.0.0");
        await using var load = new CallLoad(test, callers: 2);
        await File.WriteAllTextAsync(down, "");

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilAsync(status => status is { LastError.Code: "connector.unavailable", Generation.Version: "1.0.0" });
        var ordered = await Swap(test, "1.1.0").Ended.WaitAsync(_patience);

        Assert.Equal((OperationStatus.Failed, "connector.unavailable"), (ordered.Status, ordered.Code));
        Assert.Equal((0, null), (test.Status().Quarantine.Count, test.Status().Hold));
        Assert.Equal(["1.0.0"], Versions(test, EventTypes.Published));
        Assert.Equal("connector.unavailable", Assert.Single(Of(test, EventTypes.Failed)).Code);
        File.Delete(down);
        await test.UntilAsync(_ => Versions(test, EventTypes.Published).SequenceEqual(["1.0.0", "1.1.0"]));
        Assert.Empty((await load.StopAsync()).Failures);
    }

    /// <summary>An instance on 1.0.0 of four versions, whose worker stops at the next decision that it saves.</summary>
    private static async Task<(HeldStateStore State, Hold Hold)> StartHeldAsync(RuntimeUnderTest test)
    {
        foreach (var version in (string[])["1.0.0", "1.1.0", "1.2.0", "1.3.0"])
        {
            FixturePackages.DropProbe(test.DropFolder, version);
        }

        var state = new HeldStateStore();
        await test.StartAsync(state: state);
        await test.PutProbeAsync("""{"version":"1.0.0"}""");
        await test.UntilVersionAsync("1.0.0");
        await test.PutProbeAsync("""{"update":"manual"}""");
        await test.UntilAsync(_ => test.Runtime.Get("p").Settled.IsCompleted);
        var hold = new Hold();
        state.BeforeSave = (_, _, _) => hold.WaitAsync();
        return (state, hold);
    }

    private static Operation Swap(RuntimeUnderTest test, string version) => test.Runtime.Swaps.Swap("p", SemanticVersion.Parse(version));

    /// <summary>A call that ends only when its caller gives up, once its attempt runs.</summary>
    private static async Task<Task> NeverEndsAsync(RuntimeUnderTest test, CancellationToken cancellationToken)
    {
        var before = test.Status().Pool!.Rents;
        var call = test.Runtime.InvokeAsync(
            "p", "sleep", """{"milliseconds":3600000}"""u8.ToArray(), new System.Buffers.ArrayBufferWriter<byte>(), null, cancellationToken).AsTask();
        await test.UntilAsync(status => status.Pool is { InUse: > 0 } pool && pool.Rents > before);
        return call;
    }

    private static (string Phase, OperationStatus Status) Standing(Operation operation) =>
        (operation.Snapshot().Phases[^1].Name, operation.Snapshot().Status);

    private static IReadOnlyList<RuntimeEvent> Of(RuntimeUnderTest test, string type) =>
        [.. test.Runtime.Events.Snapshot().Where(told => told.Type == type)];

    private static IEnumerable<string?> Versions(RuntimeUnderTest test, string type) => Of(test, type).Select(told => told.Version);

    /// <summary>Stops whoever comes until it is released.</summary>
    private sealed class Hold
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Reached => _reached.Task;

        internal void Release() => _released.SetResult();

        internal Task WaitAsync()
        {
            _reached.TrySetResult();
            return _released.Task;
        }
    }
}
