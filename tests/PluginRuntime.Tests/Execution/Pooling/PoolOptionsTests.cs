using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class PoolOptionsTests
{
    [Fact]
    public void Validate_Defaults_FindsNothing() => Assert.Empty(new PoolOptions().Validate("/pool"));

    [Fact]
    public void Validate_Extremes_FindsNothing()
    {
        Assert.Empty(new PoolOptions { Size = 10_000, Min = 0, AcquireTimeout = TimeSpan.FromDays(1) }.Validate("/pool"));
        Assert.Empty(new PoolOptions
        {
            Size = 1,
            Min = 1,
            IdleTimeout = Timeout.InfiniteTimeSpan,
            MaxLifetime = Timeout.InfiniteTimeSpan,
        }.Validate("/pool"));
    }

    [Fact]
    public void Validate_EverythingOutOfRange_ListsItAllWithPointers()
    {
        var options = new PoolOptions
        {
            Size = 10_001,
            Min = 10_002,
            AcquireTimeout = TimeSpan.Zero,
            IdleTimeout = TimeSpan.FromMilliseconds(999),
            MaxLifetime = TimeSpan.FromDays(31),
        };

        var errors = options.Validate("/pool");

        Assert.Equal(
            ["/pool/size", "/pool/min", "/pool/acquireTimeout", "/pool/idleTimeout", "/pool/maxLifetime"], errors.Select(e => e.Pointer));
        Assert.Equal("min is 10002; 0 to size, which is 10001, is accepted.", errors[1].Detail);
    }
}
