using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class PoolPermitsTests
{
    private readonly List<string> _granted = [];

    [Fact]
    public void TryTake_UpToTheSize_ThenNoMoreUntilOneComesBack()
    {
        var permits = new PoolPermits(2);

        Assert.Equal([true, true, false], [permits.TryTake(), permits.TryTake(), permits.TryTake()]);
        permits.Release(hadLeft: false);

        Assert.True(permits.TryTake());
        Assert.Equal(2, permits.Held);
    }

    [Fact]
    public void Release_SeveralPoolsWait_GoesToTheOldestCallerAndNobodyOvertakes()
    {
        var permits = new PoolPermits(1);
        Assert.True(permits.TryTake());
        Assert.False(permits.TryTakeOrWait(Waiter("late"), 7, isEmpty: false));
        Assert.False(permits.TryTakeOrWait(Waiter("early"), 3, isEmpty: false));

        permits.Release(hadLeft: false);

        Assert.Equal(["early"], _granted);
        Assert.False(permits.TryTake());
        permits.Release(hadLeft: false);
        Assert.Equal(["early", "late"], _granted);
        Assert.Equal(1, permits.Held);
    }

    [Fact]
    public void Renew_WaitsForAnOlderCallerNow_ComesFirst()
    {
        var permits = new PoolPermits(0);
        var pool = Waiter("renewed");
        permits.TryTakeOrWait(pool, 7, isEmpty: false);
        permits.TryTakeOrWait(Waiter("other"), 3, isEmpty: false);

        permits.Renew(pool, 2, isEmpty: false);
        permits.Resize(1);

        Assert.Equal(["renewed"], _granted);
    }

    [Fact]
    public void Forget_WaitsNoLonger_GetsNothing()
    {
        var permits = new PoolPermits(0);
        var pool = Waiter("gone");
        permits.TryTakeOrWait(pool, 1, isEmpty: false);

        Assert.True(permits.Forget(pool));
        Assert.False(permits.Forget(pool));
        permits.Resize(1);

        Assert.Empty(_granted);
        Assert.True(permits.TryTake());
    }

    [Fact]
    public void Reserve_ThenDisposed_RaisesTheLimitForThatTimeAndRevokesNothing()
    {
        var permits = new PoolPermits(1);
        Assert.True(permits.TryTake());
        permits.TryTakeOrWait(Waiter("waiting"), 1, isEmpty: false);

        var reservation = permits.Reserve(2);
        Assert.Equal(["waiting"], _granted);
        Assert.True(permits.TryTake());
        Assert.False(permits.TryTake());
        reservation.Dispose();
        reservation.Dispose();

        Assert.Equal((3, 1), (permits.Held, permits.Limit));
        permits.Release(hadLeft: false);
        permits.Release(hadLeft: false);
        Assert.False(permits.TryTake());
        permits.Release(hadLeft: false);
        Assert.True(permits.TryTake());
    }

    [Fact]
    public void Resize_Smaller_RevokesNothingAndGrantsNothing()
    {
        var permits = new PoolPermits(2);
        Assert.True(permits.TryTake() && permits.TryTake());
        permits.Resize(1);
        permits.TryTakeOrWait(Waiter("waiting"), 1, isEmpty: false);

        permits.Release(hadLeft: false);
        Assert.Empty(_granted);
        permits.Release(hadLeft: false);

        Assert.Equal(["waiting"], _granted);
    }

    private NamedWaiter Waiter(string name) => new(name, _granted);

    private sealed class NamedWaiter(string name, List<string> granted) : IPermitWaiter
    {
        public void PermitGranted() => granted.Add(name);

        public IdleSpare? FindSpare() => null;

        public void CloseSpare() => granted.Add($"{name} was asked without a spare");
    }
}
