using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class BakePeriodTests : IDisposable
{
    private static readonly PackageIdentity _before = new("scripted", SemanticVersion.Parse("1.0.0"), new string('a', 64));

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _lifetime = new();
    private readonly List<string> _reasons = [];
    private readonly Generation _next;

    public BakePeriodTests() => _next = Create(2);

    public void Dispose() => _lifetime.Dispose();

    [Fact]
    public async Task ItsTimePasses_FewFailures_ComesThrough()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 100, failed: 15);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(await bake.Ended);
        Assert.Empty(_reasons);
    }

    [Fact]
    public void CallFailed_TwentyPointsAboveAndEnoughCalls_IsTakenBackAtOnce()
    {
        using var bake = Begin(failedBefore: 10);
        Calls(bake, succeeded: 70, failed: 29);
        Assert.Empty(_reasons);

        Calls(bake, succeeded: 0, failed: 1);

        Assert.Equal("30 of 100 calls of 'act' failed; of the version before it was 10 %.", Assert.Single(_reasons));
    }

    [Fact]
    public void CallFailed_TooFewCalls_IsJudgedWhenTheTimeIsUp()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 2, failed: 8);
        Assert.Empty(_reasons);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Single(_reasons);
    }

    [Fact]
    public async Task ItsTimePasses_HardlyAnyCalls_SayNothing()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 0, failed: 3);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(await bake.Ended);
    }

    [Fact]
    public void Doubt_BreakerOpened_IsTakenBackOnce()
    {
        using var bake = Begin();

        bake.Doubt(_next, "Its breaker opened.");
        bake.Doubt(_next, "It turned unhealthy.");

        Assert.Equal(["Its breaker opened."], _reasons);
    }

    [Fact]
    public void Doubt_OfAnotherGeneration_IsNotItsFault()
    {
        using var bake = Begin();

        bake.Doubt(Create(1), "Its breaker opened.");

        Assert.Empty(_reasons);
    }

    [Fact]
    public void Resume_StillInDoubt_IsTriedAgainLater()
    {
        using var bake = Begin();
        bake.Doubt(_next, "Its breaker opened.");
        bake.Resume();
        Assert.Single(_reasons);

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(2, _reasons.Count);
    }

    [Fact]
    public void CallFailed_RightAfterATryThatDidNotHelp_IsNotTriedAgainAtOnce()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 0, failed: 110);
        bake.Resume();

        Calls(bake, succeeded: 0, failed: 1000);
        Assert.Single(_reasons);
        _time.Advance(TimeSpan.FromSeconds(4));
        Calls(bake, succeeded: 0, failed: 1);

        Assert.Equal(2, _reasons.Count);
    }

    [Fact]
    public async Task Recovered_AfterAnOutage_FailuresOfItDoNotCount()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 50, failed: 0);
        bake.Doubt(_next, "Its breaker opened.");
        Calls(bake, succeeded: 0, failed: 500);
        bake.Resume();

        bake.Recovered();
        Calls(bake, succeeded: 95, failed: 5);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(await bake.Ended);
        Assert.Single(_reasons);
    }

    [Fact]
    public async Task ItsTimePasses_GoingBackDidNotHelp_Stays()
    {
        using var bake = Begin();
        bake.Doubt(_next, "Its breaker opened.");
        bake.Resume();

        _time.Advance(TimeSpan.FromSeconds(29));
        bake.Resume();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await bake.Ended);
    }

    [Fact]
    public void AttemptFailed_BeforeItBegan_CountsAtItsFirstLook()
    {
        _next.Count(failed: 1, failure: Failures.Bug);
        using var bake = Begin();

        bake.AttemptFailed(_next);

        Assert.StartsWith("1 of its first 1 calls of 'act' failed by its own fault", Assert.Single(_reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void ItsTimePasses_TenTimesSlower_IsTakenBack()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 100, failed: 0, milliseconds: 20);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(_reasons);

        Calls(bake, succeeded: 100, failed: 0, milliseconds: 20);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.StartsWith("Half of its 100 calls of 'act' took longer than", Assert.Single(_reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItsTimePasses_SlowOnlyWhileItWarmsUp_ComesThrough()
    {
        using var bake = Begin();
        Calls(bake, succeeded: 200, failed: 0, milliseconds: 20);
        _time.Advance(TimeSpan.FromSeconds(3));

        Calls(bake, succeeded: 200, failed: 0);
        _time.Advance(TimeSpan.FromSeconds(27));

        Assert.True(await bake.Ended);
        Assert.Empty(_reasons);
    }

    [Fact]
    public async Task Dispose_BeforeItsTime_DidNotComeThrough()
    {
        var bake = Begin();

        bake.Dispose();

        Assert.False(await bake.Ended);
        bake.Doubt(_next, "Its breaker opened.");
        Assert.Empty(_reasons);
    }

    private BakePeriod Begin(int failedBefore = 0) =>
        new(_before, Before(failedBefore), _next, VersionSample.Empty, TimeSpan.FromSeconds(30), 100, _time, (_, why) => _reasons.Add(why));

    private void Calls(BakePeriod bake, int succeeded, int failed, double milliseconds = 2)
    {
        _next.Count(succeeded, milliseconds: milliseconds);
        for (var i = 0; i < failed; i++)
        {
            _next.Count(failed: 1);
            bake.AttemptFailed(_next);
        }
    }

    private (VersionSample Lately, VersionSample Life) Before(int failed)
    {
        var generation = Create(1);
        generation.Count(100 - failed, failed);
        var sample = VersionSample.Of(generation);
        return (sample, sample);
    }

    private Generation Create(long number) => Generations.Create(number, "1.1.0", _lifetime, _time);
}
