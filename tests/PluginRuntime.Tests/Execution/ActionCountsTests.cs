using PluginRuntime.Execution;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management.Swapping;

namespace PluginRuntime.Tests.Execution;

public sealed class ActionCountsTests
{
    [Fact]
    public void Read_AfterAttempts_SortsThem()
    {
        var counts = new ActionCounts();
        for (var i = 1; i <= 100; i++)
        {
            counts.Succeeded(TimeSpan.FromMilliseconds(i));
        }

        counts.Failed(Failures.Bug);
        counts.Failed(Failures.Unavailable);
        counts.Failed(Failures.Of(ConnectorErrorKind.NotFound));
        counts.Failed(new InputInvalidException("p", "act", []));
        counts.Failed(new BreakerOpenException("p", TimeSpan.Zero));

        var sample = counts.Read();
        Assert.Equal((103, 2, 1, 100), (sample.All, sample.Faults, sample.Defects, sample.Successes));
        Assert.InRange(sample.Quantile(0.5)!.Value.TotalMilliseconds, 45, 56);
        Assert.InRange(sample.Quantile(0.25)!.Value.TotalMilliseconds, 22, 29);
    }

    [Fact]
    public void Quantile_NoCalls_IsUnknown() => Assert.Null(ActionSample.Empty.Quantile(0.5));

    [Fact]
    public async Task Succeeded_ManyThreads_NoneIsLost()
    {
        var counts = new ActionCounts();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counts.Succeeded(TimeSpan.Zero);
            }
        })));

        Assert.Equal(40_000, counts.Read().All);
    }

    [Fact]
    public void Succeeded_Often_AllocatesNothing()
    {
        var counts = new ActionCounts();
        for (var i = 0; i < 1000; i++)
        {
            counts.Succeeded(TimeSpan.FromMilliseconds(i));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            counts.Succeeded(TimeSpan.FromMilliseconds(i));
        }

        // A move to another processor makes that one's stripe, once.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * Environment.ProcessorCount);
    }
}
