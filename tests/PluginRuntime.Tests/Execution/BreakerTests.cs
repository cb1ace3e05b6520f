using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution;

public sealed class BreakerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _changes = [];
    private readonly Breaker _breaker;

    public BreakerTests() =>
        _breaker = new(new() { Failures = 3, OpenFor = TimeSpan.FromSeconds(5) }, _time, (from, to) => _changes.Add($"{from}>{to}"));

    [Fact]
    public void Fail_AsOftenInARowAsSaid_Opens()
    {
        Fail(2);
        _breaker.Succeed();
        Fail(2);
        Assert.True(_breaker.TryEnter(out _));

        Fail(1);

        Assert.False(_breaker.TryEnter(out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(5), retryAfter);
        Assert.Equal(["Closed>Open"], _changes);
    }

    [Fact]
    public void TryEnter_AfterItsTime_LetsOneThrough()
    {
        Fail(3);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.True(_breaker.TryEnter(out _));
        Assert.False(_breaker.TryEnter(out var retryAfter));

        Assert.True(retryAfter > TimeSpan.Zero);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
    }

    [Fact]
    public void HalfOpen_TheOneSucceeds_Closes()
    {
        Probe();

        _breaker.Succeed();

        Assert.True(_breaker.TryEnter(out _) && _breaker.TryEnter(out _));
        Assert.Equal(["Closed>Open", "Open>HalfOpen", "HalfOpen>Closed"], _changes);
    }

    [Fact]
    public void HalfOpen_TheOneFails_OpensForTheWholeTimeAgain()
    {
        Probe();

        _breaker.Fail();
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.False(_breaker.TryEnter(out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(1), retryAfter);
    }

    [Fact]
    public void HalfOpen_TheOneSaysNothing_NextMayTry()
    {
        Probe();

        _breaker.Abstain();

        Assert.True(_breaker.TryEnter(out _));
    }

    [Fact]
    public void Succeed_OfAnAttemptThatBeganBefore_DoesNotClose()
    {
        Fail(3);

        _breaker.Succeed();

        Assert.False(_breaker.TryEnter(out _));
    }

    [Fact]
    public void Reset_Open_LetsEverybodyThrough()
    {
        Fail(3);

        _breaker.Reset();
        Fail(2);

        Assert.True(_breaker.TryEnter(out _));
    }

    /// <summary>
    /// Whatever happens in whatever order: closed lets all through, an open one nobody before its time, and changes make one chain.
    /// </summary>
    [Fact]
    public void AnyHistory_ChangesMakeOneChainAndOpenHoldsItsTime()
    {
        var step = Gen.Choose(0, 5);
        var property = Prop.ForAll(Gen.ListOf(step).ToArbitrary(), steps =>
        {
            var time = new ManualTimeProvider();
            var chain = new List<(BreakerState From, BreakerState To)>();
            var breaker = new Breaker(new() { Failures = 2, OpenFor = TimeSpan.FromSeconds(3) }, time, (from, to) => chain.Add((from, to)));
            TimeSpan? openedAt = null;
            foreach (var each in steps)
            {
                var before = breaker.State;
                switch (each)
                {
                    case 0:
                        breaker.Succeed();
                        break;
                    case 1:
                        breaker.Fail();
                        break;
                    case 2:
                        breaker.Abstain();
                        break;
                    case 3:
                        breaker.Reset();
                        break;
                    case 4:
                        time.Advance(TimeSpan.FromSeconds(1));
                        break;
                    default:
                        var entered = breaker.TryEnter(out _);
                        var isTooEarly = openedAt is { } at && time.Elapsed - at < TimeSpan.FromSeconds(3);
                        if ((before == BreakerState.Closed && !entered) || (before == BreakerState.Open && entered == isTooEarly))
                        {
                            return false;
                        }

                        break;
                }

                openedAt = breaker.State == BreakerState.Open ? (before == BreakerState.Open ? openedAt : time.Elapsed) : null;
            }

            var last = BreakerState.Closed;
            return chain.TrueForAll(change =>
            {
                var fits = change.From == last && change.To != last;
                last = change.To;
                return fits;
            });
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), property);
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _breaker.Fail();
        }
    }

    private void Probe()
    {
        Fail(3);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(_breaker.TryEnter(out _));
    }
}
