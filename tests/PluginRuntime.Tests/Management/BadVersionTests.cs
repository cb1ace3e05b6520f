using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class BadVersionTests
{
    public static TheoryData<string, string> Faults { get; } = new()
    {
        { "corrupt-assembly", "load.bad-image" },
        { "flipped-bit", "package.hash-mismatch" },
        { "other-contract", "contract.incompatible" },
        { "other-actions", "load.class-differs" },
        { "half-copied", "package.incomplete" },
        { "constructor-throws", "load.constructor-threw" },
        { "init-throws", "connector.unavailable" },
        { "open-throws", "connector.unavailable" },
        { "unhealthy", "connector.unavailable" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task DropFolder_BadVersionArrivesDuringCalls_OldOneServesAndProblemIsListed(string fault, string code)
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        await using var load = new CallLoad(test, callers: 4);

        FixturePackages.DropProbe(test.DropFolder, "1.1.0", IsBehaviour(fault) ? fault : "", spoil: Spoiler(fault));
        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem.Source.Contains("probe-1.1.0", StringComparison.Ordinal)));

        var problem = Assert.Single(test.Runtime.List().Problems);
        Assert.Equal(code, problem.Code);
        Assert.Contains("probe-1.1.0", problem.Source, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Detail);
        var (versions, failures) = await load.StopAsync();
        Assert.Empty(failures);
        Assert.Equal(["1.0.0"], versions);
        await test.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task DropFolder_ManifestSaysAnotherIdThanTheClass_RefusedForWhoeverWantsIt()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", name: "impostor", spoil: FixtureFaults.OtherId);
        await test.StartAsync(options => options.Instances["x"] = RuntimeUnderTest.ProbeConfig("""{"connector":"impostor"}"""));

        await test.UntilAsync(status => status.LastError is { Code: "load.class-differs" }, "x");

        Assert.Equal(ConnectionState.Error, test.Status("x").State);
        Assert.Contains(test.Runtime.List().Problems, problem => problem is { Code: "load.class-differs", Source: "impostor/" });
    }

    [Fact]
    public async Task Quarantine_HigherVersionComesAfterABadOne_IsTaken()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.UntilAsync(status => status.Quarantine.Count == 1);

        FixturePackages.DropProbe(test.DropFolder, "1.2.0");

        await test.UntilVersionAsync("1.2.0");
        Assert.Equal("1.2.0", await test.VersionAsync());
        Assert.Equal("1.1.0", Assert.Single(test.Status().Quarantine).Package.Version.ToString());
    }

    [Fact]
    public async Task Quarantine_AfterRestart_StillHolds()
    {
        await using var first = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(first.DropFolder, "1.0.0");
        await first.StartProbeAsync();
        await first.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(first.DropFolder, "1.1.0", "constructor-throws");
        await first.UntilAsync(status => status.Quarantine.Count == 1);
        await first.Runtime.ShutdownAsync();

        await using var second = RuntimeUnderTest.Create(first.Root);
        await second.StartProbeAsync();
        await second.UntilVersionAsync("1.0.0");

        Assert.Equal("load.constructor-threw", Assert.Single(second.Status().Quarantine).Code);
        Assert.DoesNotContain(second.Log.Lines, line => line.Contains("thrown by the constructor", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Swap_OutsideSystemIsDown_NewVersionIsNotBlamedAndComesLater()
    {
        await using var test = RuntimeUnderTest.Create();
        var flag = Path.Combine(test.Root, "down");
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync($$$"""{"settings":{"downWhileFileExists":"{{{flag}}}"}}""");
        await test.UntilVersionAsync("1.0.0");
        File.WriteAllText(flag, "");

        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.UntilAsync(status => status.LastError is { Code: "connector.unavailable" });
        Assert.Empty(test.Status().Quarantine);
        Assert.Equal("1.0.0", test.Status().Generation?.Version);
        File.Delete(flag);

        await test.UntilVersionAsync("1.1.0");
        await test.UntilAsync(status => status.LastError is null);
    }

    private static bool IsBehaviour(string fault) => Spoiler(fault) is null;

    private static Action<string>? Spoiler(string fault) => fault switch
    {
        "corrupt-assembly" => FixtureFaults.CorruptAssembly,
        "flipped-bit" => FixtureFaults.FlipBit,
        "other-contract" => FixtureFaults.OtherContract,
        "other-actions" => FixtureFaults.OtherActions,
        "half-copied" => FixtureFaults.HalfCopied,
        _ => null,
    };
}
