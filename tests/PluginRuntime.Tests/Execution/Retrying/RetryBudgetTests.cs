using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Tests.Execution.Retrying;

public sealed class RetryBudgetTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void TryTake_NothingEarned_EndsAtTheCapacity()
    {
        var budget = new RetryBudget(_time);

        Assert.Equal(RetryBudget.Capacity, Take(budget, 1000, calls: 0));
    }

    [Fact]
    public void TryTake_TenSecondsLater_FiveASecondAreBack()
    {
        var budget = new RetryBudget(_time);
        Take(budget, 1000, calls: 0);

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(20, Take(budget, 1000, calls: 0));
    }

    [Fact]
    public void TryTake_AfterAHundredCalls_TenMore()
    {
        var budget = new RetryBudget(_time);
        Take(budget, 1000, calls: 0);

        Assert.Equal(10, Take(budget, 1000, calls: 100));
        Assert.Equal(0, Take(budget, 1000, calls: 100));
    }

    [Fact]
    public void TryTake_NextGenerationCountsFromZero_EarnsForItsOwnCalls()
    {
        var budget = new RetryBudget(_time);
        Take(budget, 1000, calls: 500);

        Assert.Equal(3, Take(budget, 1000, calls: 30, generation: 2));
    }

    [Fact]
    public void TryTake_TwoGenerationsInTurnsDuringASwap_CallsEarnOnce()
    {
        var budget = new RetryBudget(_time);
        Take(budget, 1000, calls: 100_000);

        var taken = Enumerable.Range(0, 50).Sum(_ => Take(budget, 1, calls: 10, generation: 2) + Take(budget, 1, calls: 100_000));

        Assert.Equal(1, taken);
    }

    /// <summary>An outage of a minute: every call fails and would be tried four times.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void TryTake_AMinuteInWhichEveryCallFails_AttemptsStayWithinATenthAndTheFixedPart(int callsPerSecond)
    {
        var budget = new RetryBudget(_time);
        long calls = 0;
        long retries = 0;
        for (var tick = 0; tick < 600; tick++)
        {
            for (var i = 0; i < callsPerSecond / 10; i++)
            {
                calls++;
                retries += Take(budget, 3, calls);
            }

            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(retries > calls * 0.09, $"{retries} retries for {calls} calls: hardly any.");
        Assert.True(retries <= (calls * RetryBudget.Share) + (60 * RetryBudget.PerSecond) + RetryBudget.Capacity, $"{retries} retries for {calls} calls.");
    }

    private static int Take(RetryBudget budget, int tries, long calls, long generation = 1)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
        {
            taken += budget.TryTake(generation, calls) ? 1 : 0;
        }

        return taken;
    }
}
