using PluginRuntime.Diagnostics;

namespace PluginRuntime.Tests.Diagnostics;

public sealed class PoolThreadTests
{
    /// <summary>Many times: a hop that has ended before its awaiter looks is a matter of nanoseconds.</summary>
    [Fact]
    public async Task EnterAsync_OnAThreadOfItsOwn_GoesOnOnThePoolEachTime()
    {
        var over = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            var hops = Enumerable.Range(0, 20_000).Select(_ => HopAsync()).ToList();
            Task.WhenAll(hops).ContinueWith(all => over.SetResult(all.Result.Count(isPool => isPool)), TaskScheduler.Default);
        }).Start();

        Assert.Equal(20_000, await over.Task);
    }

    private static async Task<bool> HopAsync()
    {
        await PoolThread.EnterAsync();
        return Thread.CurrentThread.IsThreadPoolThread;
    }
}
