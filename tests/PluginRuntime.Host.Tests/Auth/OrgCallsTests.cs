using PluginRuntime.Host.Auth;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class OrgCallsTests
{
    private readonly ManualTimeProvider _time = new();
    private OrgLimits _limits = OrgLimits.None;

    private OrgCalls Calls => field ??= new(org => org == "acme" ? _limits : OrgLimits.None, _time);

    [Fact]
    public void Enter_MoreThanASecondsWorth_WaitsForTheNext()
    {
        _limits = OrgLimits.None with { Rate = 10 };
        for (var i = 0; i < 10; i++)
        {
            Calls.Enter("acme").Dispose();
        }

        var refused = Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
        Assert.Equal("The org 'acme' has made more than 10 calls in a second on this host.", refused.Message);
        Assert.Equal(TimeSpan.FromSeconds(0.1), refused.RetryAfter);
        Calls.Enter("other").Dispose();

        _time.Advance(TimeSpan.FromSeconds(0.1));
        Calls.Enter("acme").Dispose();
        Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
        _time.Advance(TimeSpan.FromHours(1));
        Calls.Enter("acme", calls: 10).Dispose();
        Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
    }

    [Fact]
    public void Enter_MoreThanAtATime_IsRefusedUntilOneEnds()
    {
        _limits = OrgLimits.None with { Concurrency = 2 };
        var first = Calls.Enter("acme");
        using var second = Calls.Enter("acme");

        var refused = Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
        Assert.Equal("The org 'acme' has 2 calls under way and may have 2 on this host.", refused.Message);

        first.Dispose();
        using var third = Calls.Enter("acme");
        Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
    }

    /// <summary>A batch counts with all its calls; one that is larger than the limit gets through alone.</summary>
    [Fact]
    public void Enter_ABatch_CountsItsCalls()
    {
        _limits = OrgLimits.None with { Rate = 10, Concurrency = 4 };
        using (Calls.Enter("acme", calls: 6, atATime: 3))
        {
            Assert.Throws<LimitExceededException>(() => Calls.Enter("acme", calls: 1, atATime: 2));
            Assert.Throws<LimitExceededException>(() => Calls.Enter("acme", calls: 5, atATime: 1));
            Calls.Enter("acme", calls: 4, atATime: 1).Dispose();
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Calls.Enter("acme", calls: 1000, atATime: 32).Dispose();
    }

    [Fact]
    public void Enter_LimitsChangeMeanwhile_TheNewOnesHold()
    {
        _limits = OrgLimits.None with { Concurrency = 5 };
        using var first = Calls.Enter("acme");
        _limits = _limits with { Concurrency = 1, Rate = 1 };
        Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
        _limits = _limits with { Concurrency = 0 };
        Calls.Enter("acme").Dispose();
        Assert.Throws<LimitExceededException>(() => Calls.Enter("acme"));
        _limits = OrgLimits.None;
        Calls.Enter("acme").Dispose();
    }

    [Fact]
    public async Task Enter_ManyAtOnce_NeverExceedsTheLimit()
    {
        _limits = OrgLimits.None with { Concurrency = 3 };
        var (underWay, most, refused, calls) = (0, 0, 0, Calls);
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            try
            {
                using var permit = calls.Enter("acme");
                var now = Interlocked.Increment(ref underWay);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref underWay);
            }
            catch (LimitExceededException)
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.InRange(most, 1, 3);
        using var after = calls.Enter("acme", calls: 1, atATime: 3);
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, now, seen) == seen)
            {
                return;
            }
        }
    }
}
