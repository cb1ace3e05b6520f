using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>What happens with time, at the end, and between generations.</summary>
public sealed partial class ConnectionPoolTests
{
    [Fact]
    public async Task Tick_IdleConnectionsPastTheirLifetime_AreClosedSpreadOverTheLastTenth()
    {
        var pool = await FilledPoolAsync(40);
        _clock.Advance(TimeSpan.FromMinutes(27) - TimeSpan.FromSeconds(1));
        Assert.Equal(40, pool.GetStatistics().Idle);

        _clock.Advance(TimeSpan.FromSeconds(91));
        Assert.InRange(pool.GetStatistics().Idle, 5, 35);
        _clock.Advance(TimeSpan.FromSeconds(92));

        Assert.Equal(40, pool.GetStatistics().Closing);
    }

    [Fact]
    public async Task Tick_FewerNeededForTheIdleTimeout_PrunesToThePeakThoughAllAreFresh()
    {
        var pool = await FilledPoolAsync(5, min: 1);
        for (var i = 0; i < 690; i++)
        {
            // Two at a time, in turn through all five: none is ever idle for long.
            var (one, two) = (Rent(pool), Rent(pool));
            pool.Return(one);
            pool.Return(two);
            Assert.Equal(i < 599 ? 5 : pool.GetStatistics().Idle, pool.GetStatistics().Idle);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((2, 3), (pool.GetStatistics().Idle, pool.GetStatistics().Closing));
    }

    [Fact]
    public async Task Tick_NothingNeeded_PrunesToTheMinimum()
    {
        var pool = await FilledPoolAsync(5, min: 1);

        _clock.Advance(TimeSpan.FromMinutes(12));

        Assert.Equal((1, 4), (pool.GetStatistics().Idle, pool.GetStatistics().Closing));
    }

    [Fact]
    public async Task Tick_OpeningTowardsTheMinimumFails_TriesAgainOneAtATimeWithBackoff()
    {
        var pool = await FilledPoolAsync(3);
        pool.Drop(Rent(pool));
        pool.Drop(Rent(pool));
        await _source.SettleAsync(pool);
        _source.FinishClose();
        _source.FinishClose();
        await _source.SettleAsync(pool);
        Assert.Equal(2, _source.Opens);
        _source.FailOpen(new RefusedException());
        _source.FailOpen(new RefusedException());

        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, pool.GetStatistics().Opening);
        for (var round = 0; round < 10; round++)
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            await _source.SettleAsync(pool);
            Assert.Equal(1, _source.Opens);
            _source.FailOpen(new RefusedException());
        }

        _clock.Advance(TimeSpan.FromSeconds(2));
        await _source.SettleAsync(pool);
        _source.FinishOpen();
        await _source.SettleAsync(pool);
        _source.FinishOpen();

        Assert.Equal((3, 3), (pool.GetStatistics().Total, pool.GetStatistics().Idle));
    }

    [Fact]
    public async Task RentAsync_AnOpeningHangsButAnIdleConnectionWaitsForItsCheck_DoesNotWaitForTheOpening()
    {
        var pool = await FilledPoolAsync(2);
        pool.Drop(Rent(pool));
        await _source.SettleAsync(pool);
        _source.FinishClose();
        await _source.SettleAsync(pool);
        _clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal((1, 1), (pool.GetStatistics().Idle, pool.GetStatistics().Opening));

        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        var connection = _source.FinishCheck(ConnectionHealth.Healthy);

        Assert.Equal(connection, (await waiting)!.Value.Connection);
    }

    [Fact]
    public async Task Close_CallersWait_AllLeaveWithNullAtOnce()
    {
        var pool = await FilledPoolAsync(1);
        _ = Rent(pool);
        var waiting = Enumerable.Range(0, 3).Select(_ => pool.RentAsync(CancellationToken.None).AsTask()).ToList();

        pool.Close();

        Assert.Equal([null, null, null], await Task.WhenAll(waiting));
        Assert.Null(await pool.RentAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Close_SomeInUseOneOpening_DrainsOnceAllAreClosedAndPermitsAreBack()
    {
        var permits = new PoolPermits(3);
        var pool = await FilledPoolAsync(2, min: 0, size: 3, permits);
        var (first, second, abandoned) = (Rent(pool), Rent(pool), pool.RentAsync(CancellationToken.None).AsTask());
        await _source.SettleAsync(pool);
        var opening = _source.OpenToken();
        var cancelled = new TaskCompletionSource();
        opening.UnsafeRegister(_ => cancelled.SetResult(), null);

        pool.Close();
        var drained = pool.DrainedAsync(CancellationToken.None);
        await cancelled.Task;
        Assert.Null(await abandoned);
        _source.FinishOpen();
        await _source.SettleAsync(pool);
        _source.FinishClose();
        Assert.Equal((2, false), (permits.Held, drained.IsCompleted));
        pool.Return(first);
        await _source.SettleAsync(pool);
        _source.FinishClose();
        Assert.Equal((1, false), (permits.Held, drained.IsCompleted));
        pool.Return(second);
        await _source.SettleAsync(pool);
        _source.FinishClose();

        await drained;
        Assert.Equal((0, 0), (permits.Held, pool.GetStatistics().Total));
    }

    [Fact]
    public async Task DisposeAsync_InUseConnectionsComeBack_CompletesWhenAllAreClosed()
    {
        var permits = new PoolPermits(2);
        var pool = await FilledPoolAsync(2, permits: permits);
        var rental = Rent(pool);

        var disposing = pool.DisposeAsync().AsTask();
        await _source.SettleAsync(pool);
        _source.FinishClose();
        Assert.False(disposing.IsCompleted);
        pool.Drop(rental);
        await _source.SettleAsync(pool);
        _source.FinishClose();

        await disposing;
        Assert.Equal(0, permits.Held);
        Assert.Empty(_source.Open);
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task RentAsync_TheOtherGenerationHoldsAllPermits_GetsThemInTheOrderOfArrivalAcrossPools()
    {
        var permits = new PoolPermits(2);
        var old = await FilledPoolAsync(2, min: 0, permits: permits);
        var (one, two) = (Rent(old), Rent(old));
        var young = Pool(new() { Size = 2, Min = 0 }, permits);
        var first = young.RentAsync(CancellationToken.None).AsTask();
        var second = old.RentAsync(CancellationToken.None).AsTask();

        old.Drop(one);
        old.Drop(two);
        await _source.SettleAsync(old, young);
        _source.FinishClose();
        await _source.SettleAsync(old, young);
        var forFirst = _source.FinishOpen();
        Assert.Equal(forFirst, (await first)!.Value.Connection);
        Assert.False(second.IsCompleted);
        _source.FinishClose();
        await _source.SettleAsync(old, young);
        var forSecond = _source.FinishOpen();

        Assert.Equal(forSecond, (await second)!.Value.Connection);
        Assert.Equal(2, permits.Held);
    }

    [Fact]
    public async Task Close_WhileItWaitsForAPermit_LeavesThePermitToOthers()
    {
        var permits = new PoolPermits(1);
        var old = await FilledPoolAsync(1, permits: permits);
        var young = Pool(new() { Size = 1, Min = 0 }, permits);
        var waiting = young.RentAsync(CancellationToken.None).AsTask();

        young.Close();
        Assert.Null(await waiting);
        await young.DrainedAsync(CancellationToken.None);
        old.Close();
        await _source.SettleAsync(old, young);
        _source.FinishClose();

        await old.DrainedAsync(CancellationToken.None);
        Assert.True(permits.TryTake());
    }

    [Fact]
    public async Task Close_MeetsAPermitOnItsWay_GivesItBackBeforeThePoolCountsAsDrained()
    {
        var permits = new PoolPermits(1);
        Assert.True(permits.TryTake());
        var pool = Pool(new() { Size = 1, Min = 0 }, permits);
        var waiting = pool.RentAsync(CancellationToken.None).AsTask();

        // What a release does first, with the close before it goes on.
        Assert.True(permits.Forget(pool));
        pool.Close();
        Assert.Null(await waiting);
        var drained = pool.DrainedAsync(CancellationToken.None);
        Assert.False(drained.IsCompleted);
        ((IPermitWaiter)pool).PermitGranted();

        await drained;
        Assert.Equal(0, permits.Held);
    }

    [Fact]
    public async Task PermitGranted_ItsCallerGaveUpMeanwhile_GoesBackAndTheNextCallerAsksAgain()
    {
        var permits = new PoolPermits(1);
        Assert.True(permits.TryTake());
        var pool = Pool(new() { Size = 1, Min = 0 }, permits);
        using var first = new CancellationTokenSource();
        var cancelled = pool.RentAsync(first.Token).AsTask();

        Assert.True(permits.Forget(pool));
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        ((IPermitWaiter)pool).PermitGranted();
        Assert.Equal(0, permits.Held);
        var next = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);

        var connection = _source.FinishOpen();
        Assert.Equal(connection, (await next)!.Value.Connection);
    }
}
