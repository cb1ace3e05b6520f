using System.Text.Json;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class ConnectionTrialsTests
{
    private static Task<TrialResult> TryAsync(RuntimeUnderTest test, string config, string instance = "p") =>
        test.Runtime.Trials.RunAsync(instance, JsonElement.Parse(RuntimeUnderTest.ProbeConfig(config)), isTrusted: true, CancellationToken.None);

    [Fact]
    public async Task RunAsync_Connects_TellsTheStepsAndLeavesWhatRunsAlone()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"pool":{"size":1,"min":1}}""");
        await test.UntilVersionAsync("1.0.0");
        var before = test.Status();
        var running = test.CallAsync("sleep", """{"milliseconds":1000}""");
        await test.UntilAsync(status => status.Pool is { InUse: 1 });

        // What runs holds the only permit of the instance, and the connection is in use.
        var result = await TryAsync(test, """{"settings":{"label":"other"}}""");

        Assert.Empty(result.Errors);
        Assert.Equal(("1.0.0", null), (result.Version, result.FailedAt));
        Assert.Equal(["stage", "load", "init", "open", "check"], result.Steps.Select(step => step.Name));
        Assert.All(result.Steps, step => Assert.NotNull(step.Milliseconds));
        Assert.Equal("1.0.0", (await running).GetProperty("version").GetString());
        var after = test.Status();
        Assert.Equal((before.Generation, before.State, 1L), (after.Generation, after.State, after.Pool!.Opened));
        Assert.Null(after.LastError);
    }

    [Theory]
    [InlineData("init-throws", "init", "connector.unavailable")]
    [InlineData("open-throws", "open", "connector.unavailable")]
    [InlineData("unhealthy", "check", "connector.unavailable")]
    [InlineData("constructor-throws", "load", "load.constructor-threw")]
    public async Task RunAsync_StepFails_TellsWhichAndWhy(string behaviour, string step, string code)
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0", behaviour);
        await test.StartAsync();

        var result = await TryAsync(test, "{}", "not-there-yet");

        Assert.Equal((step, code), (result.FailedAt, Assert.Single(result.Errors).Code));
        Assert.Empty(test.Runtime.ListInstances());
        Assert.DoesNotContain(test.Runtime.Events.Snapshot(), found => found.Instance == "not-there-yet");
    }

    [Fact]
    public async Task RunAsync_ConfigurationHasErrors_TriesNothing()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();

        var result = await TryAsync(test, """{"frob":1,"settings":{"label":7}}""");

        Assert.Equal(["/frob", "/settings/label"], result.Errors.Select(error => error.Pointer).Order(StringComparer.Ordinal));
        Assert.Null(result.Version);
        Assert.Empty(result.Steps);
    }

    [Fact]
    public async Task RunAsync_Ends_ItsContextGoes()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync(options => options.Instances["other"] = """{"connector":"none"}""");

        Assert.Empty((await TryAsync(test, "{}")).Errors);

        await test.UntilAsync(_ => test.Runtime.Watch.Facts() is [{ CollectedAt: not null }], "other");
    }
}
