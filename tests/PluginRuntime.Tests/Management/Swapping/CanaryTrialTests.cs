using PluginRuntime.Execution;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class CanaryTrialTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _lifetime = new();
    private readonly List<string> _verdicts = [];
    private readonly Generation _live;
    private readonly Generation _candidate;
    private readonly CanaryTrial _trial;

    public CanaryTrialTests()
    {
        _live = Generations.Create(1, "1.0.0", _lifetime, _time);
        _candidate = Generations.Create(2, "1.1.0", _lifetime, _time);

        // What was before the canary does not count.
        _live.Count(failed: 1000);
        _trial = new(
            _candidate, _live, new() { Time = TimeSpan.FromSeconds(60) }, _time, _ => _verdicts.Add("promote"),
            (_, why, isDoubt) => _verdicts.Add(isDoubt ? $"doubt: {why}" : why));
    }

    public void Dispose()
    {
        _trial.Dispose();
        _lifetime.Dispose();
    }

    [Fact]
    public void ItsTimePasses_NothingSpeaksAgainstIt_IsPromoted()
    {
        _live.Count(succeeded: 1900, failed: 100);
        _candidate.Count(succeeded: 90, failed: 15);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(_verdicts);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["promote"], _verdicts);
    }

    [Fact]
    public void ItsTimePasses_NoCalls_IsPromoted()
    {
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(["promote"], _verdicts);
    }

    [Fact]
    public void AttemptFailed_TwentyPointsAboveTheLiveVersion_IsRolledBackAtOnce()
    {
        _live.Count(succeeded: 1900, failed: 100);
        _candidate.Count(succeeded: 75);
        Fail(24);
        Assert.Empty(_verdicts);

        Fail(1);

        Assert.Equal(["25 of 100 calls of 'act' failed; of the version before it was 5 %."], _verdicts);
    }

    [Fact]
    public void AttemptFailed_LiveVersionFailsAsOften_IsNotItsFault()
    {
        _live.Count(failed: 1000);
        Fail(500);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Empty(_verdicts);
    }

    [Fact]
    public void AttemptFailed_OfTheLiveVersion_IsNotLookedAt()
    {
        _candidate.Count(failed: 200);

        _trial.AttemptFailed(_live);

        Assert.Empty(_verdicts);
    }

    [Fact]
    public void ItsTimePasses_FewCallsAndMostFailed_IsRolledBack()
    {
        _live.Count(succeeded: 200);
        _candidate.Count(succeeded: 4, failed: 8);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(_verdicts);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.StartsWith("8 of 12 calls failed", Assert.Single(_verdicts), StringComparison.Ordinal);
    }

    [Fact]
    public void ItsTimePasses_TenTimesSlower_IsRolledBackAtTheNextLook()
    {
        _live.Count(succeeded: 2000, milliseconds: 4);
        _candidate.Count(succeeded: 100, milliseconds: 40);

        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.StartsWith("Half of its 100 calls of 'act' took longer than", Assert.Single(_verdicts), StringComparison.Ordinal);
    }

    [Fact]
    public void Doubt_LiveVersionDoesNoBetter_BeginsAnewWhenItAnswersAgain()
    {
        _time.Advance(TimeSpan.FromSeconds(50));
        _trial.Doubt(_candidate, "Its breaker opened.");
        _trial.ResumeAfterOutage();
        Assert.True(_trial.IsAfterOutage);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["doubt: Its breaker opened.", "doubt: Its breaker opened."], _verdicts);

        _trial.Recovered();
        _trial.Resume();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(2, _verdicts.Count);
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("promote", _verdicts[^1]);
    }

    [Fact]
    public void Resume_NotPromoted_IsTriedAgainAtTheNextLook()
    {
        _time.Advance(TimeSpan.FromSeconds(60));
        _trial.Resume();

        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["promote", "promote"], _verdicts);
    }

    [Fact]
    public void Configure_ShorterTime_CountsWhatHasPassed()
    {
        _time.Advance(TimeSpan.FromSeconds(20));

        _trial.Configure(new() { Time = TimeSpan.FromSeconds(10) });
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["promote"], _verdicts);
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _candidate.Count(failed: 1);
            _trial.AttemptFailed(_candidate);
        }
    }
}
