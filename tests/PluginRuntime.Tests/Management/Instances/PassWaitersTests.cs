using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Instances;

public sealed class PassWaitersTests
{
    private readonly PassWaiters _waiters = new();

    [Fact]
    public void WaitAsync_DuringAPass_WaitsForTheNextOne()
    {
        var early = _waiters.WaitAsync();
        _waiters.Begin();
        var late = _waiters.WaitAsync();

        _waiters.End();
        Assert.True(early.IsCompleted);
        Assert.False(late.IsCompleted);

        _waiters.Begin();
        _waiters.End();
        Assert.True(late.IsCompleted);
    }

    [Fact]
    public void Close_NobodyWaitsInVain()
    {
        var early = _waiters.WaitAsync();
        _waiters.Begin();
        var late = _waiters.WaitAsync();

        _waiters.Close();

        Assert.All([early, late, _waiters.WaitAsync()], waiter => Assert.True(waiter.IsCompleted));
    }
}
