using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class PoolDivisionTests
{
    [Theory]
    [InlineData(10, 1)]
    [InlineData(10, 3)]
    [InlineData(10, 10)]
    [InlineData(7, 2)]
    [InlineData(10_000, 7)]
    public void Divided_OverHosts_ComesToTheWholeAndDiffersByOneAtMost(int all, int hosts)
    {
        var sizes = Enumerable.Range(0, hosts).Select(rank => new PoolOptions { ClusterSize = all }.Divided(hosts, rank).Size).ToList();
        Assert.Equal(all, sizes.Sum());
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }

    [Fact]
    public void Divided_MoreHostsThanConnections_GivesEachOne() =>
        Assert.Equal([1, 1, 1, 1], Enumerable.Range(0, 4).Select(rank => new PoolOptions { ClusterSize = 2, Min = 2 }.Divided(4, rank)).Select(pool => pool.Size + pool.Min - 1));

    [Fact]
    public void Divided_SizeIsEachHostsOwn_StaysAsItIs()
    {
        var pool = new PoolOptions { Size = 5 };
        Assert.Same(pool, pool.Divided(4, 1));
    }
}
