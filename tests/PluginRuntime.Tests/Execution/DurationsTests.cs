using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution;

public sealed class DurationsTests
{
    [Fact]
    public void IndexOf_Durations_MiddleLiesWithinATenth()
    {
        for (var milliseconds = 0.5; milliseconds < 90_000; milliseconds *= 1.01)
        {
            var middle = Durations.Middle(Durations.IndexOf(TimeSpan.FromMilliseconds(milliseconds))).TotalMilliseconds;
            Assert.InRange(middle / milliseconds, 0.9, 1.13);
        }
    }

    [Fact]
    public void IndexOf_Extremes_AreTheFirstAndTheLast()
    {
        Assert.Equal(0, Durations.IndexOf(TimeSpan.Zero));
        Assert.Equal(Durations.Buckets - 1, Durations.IndexOf(TimeSpan.MaxValue));
    }
}
