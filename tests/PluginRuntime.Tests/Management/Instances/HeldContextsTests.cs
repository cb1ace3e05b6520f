using PluginRuntime.Management;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Instances;

public sealed class HeldContextsTests
{
    private const string Leaky = """{"connector":"leaks","pool":{"size":1},"bake":{"time":"0s"}}""";

    [Fact]
    public async Task Swap_AsManyHeldAsMayBe_WaitsUntilOneGoes()
    {
        using var release = Release.Create();
        await using var test = await StartAsync(limit: 2);
        await SwapAsync(test, "1.1.0", "thread");
        await SwapAsync(test, "1.2.0");
        await UntilHeldAsync(test, 2);

        Drop(test, "1.3.0");
        await test.UntilAsync(status => status.LastError is not null, "l");

        var status = test.Status("l");
        Assert.Equal(HeldContexts.Code, status.LastError!.Code);
        Assert.Contains("2 replaced versions of 'leaks'", status.LastError.Detail, StringComparison.Ordinal);
        Assert.Equal((true, "1.2.0", ConnectionState.Connected), (status.IsConnected, status.Generation!.Version, status.State));
        Assert.Empty(status.Quarantine);
        Assert.Contains(test.Runtime.Events.Snapshot(), published => published.Code == HeldContexts.Code);
        var asked = await test.Runtime.Swaps.Swap("l", SemanticVersion.Parse("1.3.0")).Ended;
        Assert.Equal((OperationStatus.Failed, HeldContexts.Code), (asked.Status, asked.Code));

        release.Set();
        await test.UntilVersionAsync("1.3.0", "l");
        Assert.Null(test.Status("l").LastError);
    }

    [Fact]
    public async Task RollBack_AsManyHeldAsMayBe_IsDone()
    {
        using var release = Release.Create();
        await using var test = await StartAsync(limit: 1);
        await SwapAsync(test, "1.1.0");
        await UntilHeldAsync(test, 1);

        var back = await test.Runtime.Swaps.RollBack("l").Ended;

        Assert.Equal((OperationStatus.Succeeded, "1.0.0"), (back.Status, back.To));
    }

    [Fact]
    public async Task Swap_NoLimit_GoesOn()
    {
        using var release = Release.Create();
        await using var test = await StartAsync(limit: 0);
        await SwapAsync(test, "1.1.0");
        await UntilHeldAsync(test, 1);

        await SwapAsync(test, "1.2.0");

        Assert.Null(test.Status("l").LastError);
    }

    private static async Task<RuntimeUnderTest> StartAsync(int limit)
    {
        var test = RuntimeUnderTest.Create();
        Drop(test, "1.0.0", "thread");
        await test.StartAsync(options =>
        {
            options.HeldContexts = limit;
            options.Instances["l"] = Leaky;
        });
        await test.UntilVersionAsync("1.0.0", "l");
        return test;
    }

    private static async Task SwapAsync(RuntimeUnderTest test, string version, string behaviour = "")
    {
        Drop(test, version, behaviour);
        await test.UntilVersionAsync(version, "l");
    }

    private static void Drop(RuntimeUnderTest test, string version, string behaviour = "") =>
        FixturePackages.Drop(FixturePackages.Built("Leaks"), test.DropFolder, $"leaks-{version}", version, behaviour);

    private static Task UntilHeldAsync(RuntimeUnderTest test, int count) =>
        RuntimeUnderTest.UntilGoneAsync(() => test.Runtime.ListContexts("leaks").Count(facts => facts.HeldBy is not null) == count);
}
