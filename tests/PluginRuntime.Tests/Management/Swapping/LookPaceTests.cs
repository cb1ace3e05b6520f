using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class LookPaceTests
{
    [Fact]
    public void IsDue_ManyFailures_EachFirstOneAndThenAThirtiethMore()
    {
        var pace = default(LookPace);
        var looks = Enumerable.Range(1, 100_000).Where(_ => pace.IsDue()).ToList();

        Assert.Equal(Enumerable.Range(1, 32), looks.Take(32));
        Assert.InRange(looks.Count, 100, 350);
        Assert.All(looks.Zip(looks.Skip(1)), pair => Assert.InRange(pair.Second, pair.First + 1, pair.First + 1 + (pair.First / 32)));
    }
}
