using System.Text.Json;
using PluginRuntime.Diagnostics;
using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>A new version on a share of the calls.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    public async Task InitializeAsync()
    {
        Drop("1.0.0");
        await _test.StartAsync();
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task NewVersion_IsGood_GetsItsShareAndIsPromoted()
    {
        await PutAsync("""{"share":0.2,"time":"3s","calls":50}""");
        await using var load = new CallLoad(_test, 4, "work");
        await _test.UntilAsync(_ => load.Calls > 100);

        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is { Verdict: CanaryVerdict.Pending, Calls: > 20 });
        var (during, answered) = (_test.Status(), _test.Status().Canary!);
        await _test.UntilVersionAsync("1.1.0");

        var (versions, failures) = await load.StopAsync();
        Assert.Empty(failures);
        Assert.Equal(["1.0.0", "1.1.0"], versions);
        Assert.Equal(("1.0.0", "1.1.0", 0.2), (during.Generation!.Version, answered.Version, answered.Share));
        Assert.InRange(answered.Calls / (double)(answered.Calls + answered.Live.Calls), 0.1, 0.3);
        var status = _test.Status().Canary!;
        Assert.Equal((CanaryVerdict.Promoted, 0.0, 0.0), (status.Verdict, status.ErrorRate, status.Live.ErrorRate));
        Assert.Equal([EventTypes.CanaryStarted, EventTypes.CanaryPromoted, EventTypes.Published], Told("1.1.0"));
        Assert.Empty(_test.Status().Quarantine);
        await _test.UntilAsync(_ => _test.Runtime.Get("p").Permits.Limit == 8);
    }

    [Theory]
    [InlineData("third-call-throws", "failed")]
    [InlineData("unavailable", "")]
    [InlineData("slow", "took longer than")]
    public async Task NewVersion_IsBad_IsRolledBackAndOnlyItsShareMeetsIt(string behaviour, string why)
    {
        await PutAsync("""{"share":0.05,"time":"60s","calls":50}""");
        await using var load = new CallLoad(_test, 8, "work");
        await _test.UntilAsync(_ => load.Calls > 100);
        var before = load.Calls;

        Drop("1.1.0", behaviour);
        await _test.UntilAsync(status => status.Canary is { Verdict: CanaryVerdict.RolledBack });

        var (_, failures) = await load.StopAsync();
        var (status, canary) = (_test.Status(), _test.Status().Canary!);
        var entry = Assert.Single(status.Quarantine);
        Assert.Equal(("1.0.0", "1.1.0", "rollback.automatic"), (status.Generation!.Version, entry.Package.Version.ToString(), entry.Code));
        Assert.Contains(why, entry.Detail, StringComparison.Ordinal);
        Assert.Equal(entry.Detail, canary.Reason);
        Assert.InRange(canary.Calls, 1, 10 + ((load.Calls - before) * 0.06));
        Assert.True(failures.Count <= canary.Calls, $"{failures.Count} calls failed, {canary.Calls} met it");
        Assert.Equal([EventTypes.CanaryStarted, EventTypes.CanaryRolledBack], Told("1.1.0"));
        await _test.UntilAsync(_ => _test.Runtime.Get("p").Permits.Limit == 8);
    }

    [Fact]
    public async Task NewVersion_FailsButCallsMayBeRepeated_NoCallFails()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.PutProbeAsync("""{"update":"canary","canary":{"share":0.5,"time":"60s","calls":20},"retry":{"baseDelay":"1ms","maxDelay":"2ms"}}""");
        await _test.UntilVersionAsync("1.0.0");
        for (var i = 0; i < 30; i++)
        {
            await _test.VersionAsync();
        }

        FixturePackages.DropProbe(_test.DropFolder, "1.1.0", "who-throws");
        await _test.UntilAsync(status => status.Canary is not null);
        while (_test.Status().Canary!.Verdict == CanaryVerdict.Pending)
        {
            Assert.Equal("1.0.0", await _test.VersionAsync());
        }

        await _test.UntilAsync(status => status.Canary is { Verdict: CanaryVerdict.RolledBack, Calls: > 0 });
    }

    [Fact]
    public async Task SetShare_WhileItRuns_TakesEffectUntilTheConfigurationChanges()
    {
        await PutAsync("""{"share":0.1,"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(_ => Told("1.1.0").Contains(EventTypes.CanaryStarted));

        Assert.Equal(1, _test.Runtime.Canaries.SetShare("p", 1).Canary!.Share);
        Assert.Equal("1.1.0", await AnswerAsync());
        await _test.Runtime.Get("p").PassAsync();
        Assert.Equal("1.1.0", await AnswerAsync());
        Assert.Contains(EventTypes.CanaryShare, Told("1.1.0"));

        await PutAsync("""{"share":0.000001,"time":"10m"}""");
        await _test.UntilAsync(status => status.Canary is { Share: 0.000001, Verdict: CanaryVerdict.Pending });
        Assert.Equal("1.0.0", await AnswerAsync());
    }

    [Fact]
    public async Task Promote_ByHand_TakesOverAtOnce()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is not null);

        var operation = await _test.Runtime.Canaries.Promote("p").Ended;

        Assert.Equal((OperationStatus.Succeeded, "1.0.0", "1.1.0"), (operation.Status, operation.From, operation.To));
        Assert.Equal("1.1.0", await AnswerAsync());
        Assert.Equal((CanaryVerdict.Promoted, "Promoted by hand."), (_test.Status().Canary!.Verdict, _test.Status().Canary!.Reason));
        Assert.Throws<CanaryNoneException>(() => _test.Runtime.Canaries.Promote("p"));
        Assert.Throws<InstanceUnknownException>(() => _test.Runtime.Canaries.Promote("q"));
    }

    [Fact]
    public async Task RollBack_ByHand_IsNotTriedAgain()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is not null);

        var operation = await _test.Runtime.Canaries.RollBack("p").Ended;

        Assert.Equal(OperationStatus.Succeeded, operation.Status);
        await _test.Runtime.Get("p").PassAsync();
        Assert.Equal(CanaryVerdict.RolledBack, _test.Status().Canary!.Verdict);
        Assert.Equal("rollback.manual", Assert.Single(_test.Status().Quarantine).Code);
        Drop("1.2.0");
        await _test.UntilAsync(status => status.Canary is { Version: "1.2.0", Verdict: CanaryVerdict.Pending });
    }

    [Fact]
    public async Task NewerVersion_WhileOneIsTried_TakesItsPlace()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is { Version: "1.1.0" });

        Drop("1.2.0", "health-fails");
        await _test.UntilAsync(status => status.Quarantine.Count == 1);
        Assert.Equal(("1.1.0", CanaryVerdict.Pending), (_test.Status().Canary!.Version, _test.Status().Canary!.Verdict));
        Drop("1.3.0");

        await _test.UntilAsync(status => status.Canary is { Version: "1.3.0", Verdict: CanaryVerdict.Pending });
        Assert.Equal([EventTypes.CanaryStarted, EventTypes.CanaryEnded], Told("1.1.0"));
        Assert.Equal("1.0.0", _test.Status().Generation!.Version);
    }

    [Fact]
    public async Task Swap_ByHandWhileOneIsTried_EndsIt()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is { Version: "1.1.0" });

        var operation = await _test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0")).Ended;

        Assert.Equal(OperationStatus.Succeeded, operation.Status);
        Assert.Equal("1.1.0", await AnswerAsync());
        Assert.Equal(CanaryVerdict.Ended, _test.Status().Canary!.Verdict);
        await _test.UntilAsync(_ => _test.Runtime.Get("p").Permits.Limit == 8);
    }

    [Fact]
    public async Task Restart_WhileOneIsTried_BeginsAgainFromTheLiveVersion()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is not null);
        var since = _test.Status().Canary!.Since;
        await _test.Runtime.DisposeAsync();

        await using var second = RuntimeUnderTest.Create(_test.Root);
        await second.StartAsync();

        await second.UntilAsync(status => status is { Generation.Version: "1.0.0", Canary: { Version: "1.1.0", Verdict: CanaryVerdict.Pending } });
        Assert.True(second.Status().Canary!.Since > since);
    }

    [Fact]
    public async Task Connect_AnewWhileOneIsTried_BeginsAgain()
    {
        await PutAsync("""{"time":"10m"}""");
        Drop("1.1.0");
        await _test.UntilAsync(status => status.Canary is not null);
        var since = _test.Status().Canary!.Since;

        await _test.Runtime.ReconnectAsync("p");

        await _test.UntilAsync(
            status => status is { Generation.Version: "1.0.0", Canary: { Version: "1.1.0", Verdict: CanaryVerdict.Pending } canary } && canary.Since > since);
    }

    private async Task PutAsync(string canary)
    {
        var config = JsonElement.Parse(
            $$"""
            { "connector": "bad", "update": "canary", "canary": {{canary}}, "pool": { "size": 8, "min": 1 }, "bake": { "time": "0s" },
              "attemptTimeout": "5s", "retry": { "maxRetries": 0 } }
            """);
        await _test.Runtime.Editor.PutAsync("p", config, null, mustBeNew: false, isTrusted: true, dryRun: false, CancellationToken.None);
        await _test.UntilAsync(status => status.State == ConnectionState.Connected);
    }

    private async Task<string> AnswerAsync() => (await _test.CallAsync("work")).GetProperty("version").GetString()!;

    private IEnumerable<string> Told(string version) =>
        _test.Runtime.Events.Snapshot()
            .Where(each => each.Version == version && (each.Type.StartsWith("canary.", StringComparison.Ordinal) || each.Type == EventTypes.Published))
            .Select(each => each.Type);

    private void Drop(string version, string behaviour = "") =>
        FixturePackages.Drop(FixturePackages.Built(FixturePackages.Bad), _test.DropFolder, $"bad-{version}", version, behaviour);
}
