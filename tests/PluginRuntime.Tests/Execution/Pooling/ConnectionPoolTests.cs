using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed partial class ConnectionPoolTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ManualConnectionSource _source = new();

    [Fact]
    public async Task OpenMinimumAsync_TenConnections_OpensFourAtATime()
    {
        var pool = Pool(new() { Size = 10 });

        var opening = pool.OpenMinimumAsync(CancellationToken.None);
        for (var opened = 0; opened < 10; opened++)
        {
            await _source.SettleAsync(pool);
            Assert.Equal(Math.Min(4, 10 - opened), _source.Opens);
            Assert.False(opening.IsCompleted);
            _source.FinishOpen();
        }

        await opening;
        Assert.Equal((10, 10), (pool.GetStatistics().Idle, pool.GetStatistics().Total));
    }

    [Fact]
    public async Task OpenMinimumAsync_OneFails_ThrowsItStartsNoMoreAndKeepsWhatIsOpen()
    {
        var pool = Pool(new() { Size = 10 });
        var opening = pool.OpenMinimumAsync(CancellationToken.None);
        await _source.SettleAsync(pool);
        _source.FinishOpen();
        await _source.SettleAsync(pool);

        _source.FailOpen(new RefusedException());

        await Assert.ThrowsAsync<RefusedException>(() => opening);
        var statistics = pool.GetStatistics();
        Assert.Equal((1, 3, 1L), (statistics.Idle, statistics.Opening, statistics.OpenFailures));
        Assert.Equal("Refused.", statistics.LastError);
    }

    [Fact]
    public async Task OpenMinimumAsync_PermitsForSomeOnly_EndsWithThese()
    {
        var permits = new PoolPermits(2);
        var pool = Pool(new() { Size = 5 }, permits);
        var opening = pool.OpenMinimumAsync(CancellationToken.None);
        await _source.SettleAsync(pool);
        _source.FinishOpen();
        _source.FinishOpen();

        await opening;
        Assert.Equal((2, 2), (pool.GetStatistics().Idle, permits.Held));
    }

    [Fact]
    public async Task OpenMinimumAsync_MinimumIsZero_OpensNothing()
    {
        var pool = Pool(new() { Min = 0 });

        await pool.OpenMinimumAsync(CancellationToken.None);

        Assert.Equal(0, pool.GetStatistics().Total);
    }

    [Fact]
    public async Task RentAsync_SeveralIdle_GivesTheLeastRecentlyUsedFirst()
    {
        var pool = await FilledPoolAsync(3);
        var (first, second, third) = (Rent(pool), Rent(pool), Rent(pool));
        pool.Return(second);
        pool.Return(third);
        pool.Return(first);

        object[] order = [Rent(pool).Connection, Rent(pool).Connection, Rent(pool).Connection];

        Assert.Equal([second.Connection, third.Connection, first.Connection], order);
    }

    [Fact]
    public async Task RentAsync_AllInUse_HandsReturnedOnesOverInTheOrderOfArrival()
    {
        var pool = await FilledPoolAsync(1);
        var rental = Rent(pool);
        var waiting = Enumerable.Range(0, 5).Select(_ => pool.RentAsync(CancellationToken.None).AsTask()).ToList();

        foreach (var waiter in waiting)
        {
            Assert.False(waiter.IsCompleted);
            pool.Return(rental);
            rental = (await waiter)!.Value;
        }

        // One of the seven rents filled the pool.
        Assert.Equal((1, 0, 7L), (pool.GetStatistics().InUse, pool.GetStatistics().Waiting, pool.GetStatistics().Rents));
    }

    [Fact]
    public async Task RentAsync_CallerGivesUpWhileItsConnectionOpens_TheNextCallerGetsIt()
    {
        var pool = Pool(new() { Size = 1, Min = 0 });
        using var first = new CancellationTokenSource();
        var cancelled = pool.RentAsync(first.Token).AsTask();
        var next = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);

        await first.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var connection = _source.FinishOpen();

        Assert.Equal(first.Token, error.CancellationToken);
        Assert.Equal(connection, (await next)!.Value.Connection);
        Assert.Equal((1L, 1L), (pool.GetStatistics().Opened, pool.GetStatistics().Cancellations));
    }

    [Fact]
    public async Task RentAsync_TokenIsCancelledAlready_TakesNothing()
    {
        var pool = await FilledPoolAsync(1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.RentAsync(new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(1, pool.GetStatistics().Idle);
    }

    [Fact]
    public async Task RentAsync_AcquireTimeoutPasses_FailsWithTheFactsAndTheKnobs()
    {
        var pool = await FilledPoolAsync(2);
        _ = (Rent(pool), Rent(pool));
        var late = pool.RentAsync(CancellationToken.None).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var later = pool.RentAsync(CancellationToken.None).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(4) - TimeSpan.FromTicks(1));
        Assert.False(late.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var error = await Assert.ThrowsAsync<PoolExhaustedException>(() => late);
        Assert.Equal(
            "Instance 'orders' had no free connection within 5 s (pool.acquireTimeout): of pool.size 2, 2 are in use and 0 opening, "
            + "and 1 other callers wait.",
            error.Message);
        Assert.Equal(("pool.exhausted", true), (error.Code, error.IsTransient));
        Assert.Equal(("orders", 2, 2, 1), (error.Instance, error.Size, error.InUse, error.Waiting));
        Assert.False(later.IsCompleted);
        Assert.Equal(1, pool.GetStatistics().Timeouts);
    }

    [Fact]
    public async Task RentAsync_ManyCallers_OpensNoMoreThanFourAtATimeAndNoMoreThanSize()
    {
        var pool = Pool(new() { Size = 6, Min = 0 });
        var waiting = Enumerable.Range(0, 9).Select(_ => pool.RentAsync(CancellationToken.None).AsTask()).ToList();
        await _source.SettleAsync(pool);
        Assert.Equal(4, _source.Opens);

        for (var i = 0; i < 6; i++)
        {
            _source.FinishOpen();
            await waiting[i];
            await _source.SettleAsync(pool);
        }

        Assert.Equal((0, 6, 3), (_source.Opens, pool.GetStatistics().InUse, pool.GetStatistics().Waiting));
    }

    [Fact]
    public async Task RentAsync_IdleForFifteenSeconds_ChecksTheConnectionBeforeItGivesIt()
    {
        var pool = await FilledPoolAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(16));

        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        Assert.Equal((1, 1), (_source.Checks, pool.GetStatistics().Checking));
        Assert.False(waiting.IsCompleted);
        var connection = _source.FinishCheck(ConnectionHealth.Healthy);

        Assert.Equal(connection, (await waiting)!.Value.Connection);
    }

    [Fact]
    public async Task RentAsync_IdleConnectionTurnsOutBroken_ClosesItAndOpensAnother()
    {
        var pool = await FilledPoolAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(16));
        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);

        var broken = _source.FinishCheck(ConnectionHealth.Unhealthy("The peer is gone."));
        await _source.SettleAsync(pool);
        Assert.Equal((0, 1), (_source.Opens, _source.Closes));
        Assert.Equal(broken, _source.FinishClose());
        await _source.SettleAsync(pool);
        var connection = _source.FinishOpen();

        Assert.Equal(connection, (await waiting)!.Value.Connection);
        Assert.Equal((1L, "The peer is gone."), (pool.GetStatistics().CheckFailures, pool.GetStatistics().LastError));
    }

    [Fact]
    public async Task Return_Twice_CountsAndFreesNobodyElsesRent()
    {
        var pool = await FilledPoolAsync(1);
        var first = Rent(pool);
        pool.Return(first);
        var second = Rent(pool);

        pool.Return(first);
        pool.Drop(first);

        Assert.Equal(first.Connection, second.Connection);
        var statistics = pool.GetStatistics();
        Assert.Equal((1, 0, 0, 2L), (statistics.InUse, statistics.Idle, statistics.Closing, statistics.DoubleReturns));
        pool.Return(second);
        Assert.Equal((0, 1), (pool.GetStatistics().InUse, pool.GetStatistics().Idle));
    }

    [Fact]
    public async Task Return_ToAnotherPool_ThrowsAndChangesNothing()
    {
        var pool = await FilledPoolAsync(1);
        var other = Pool(new() { Min = 0 });
        var rental = Rent(pool);

        Assert.Throws<ArgumentException>(() => other.Return(rental));

        Assert.Equal(1, pool.GetStatistics().InUse);
    }

    [Fact]
    public async Task Drop_BrokenConnection_FreesItsPermitOnlyOnceItIsClosed()
    {
        var permits = new PoolPermits(1);
        var pool = await FilledPoolAsync(1, permits: permits);
        pool.Drop(Rent(pool));
        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        Assert.Equal((0, 1, 1), (_source.Opens, _source.Closes, permits.Held));

        _source.FinishClose(new RefusedException());
        await _source.SettleAsync(pool);

        Assert.Equal((1, 1L, 1L), (_source.Opens, pool.GetStatistics().Closed, pool.GetStatistics().CloseFailures));
        var connection = _source.FinishOpen();
        Assert.Equal(connection, (await waiting)!.Value.Connection);
    }

    [Fact]
    public async Task Return_PastItsLifetime_ClosesTheConnectionAndReplacesIt()
    {
        var pool = await FilledPoolAsync(1);
        var rental = Rent(pool);
        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(1, pool.GetStatistics().InUse);

        pool.Return(rental);
        await _source.SettleAsync(pool);
        Assert.Equal(rental.Connection, _source.FinishClose());
        await _source.SettleAsync(pool);

        Assert.Equal(1, _source.Opens);
    }

    [Fact]
    public async Task GetStatistics_OneConnection_TellsItsUse()
    {
        var pool = await FilledPoolAsync(1);
        var opened = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromSeconds(3));
        var rental = Rent(pool);
        pool.Return(rental);
        _clock.Advance(TimeSpan.FromSeconds(2));
        _ = Rent(pool);

        // One of the three rents filled the pool.
        Assert.Equal([new ConnectionStatistics(true, opened, opened.AddSeconds(5), 3)], pool.GetStatistics().Connections);
    }

    [Fact]
    public async Task RentAsync_WarmedUp_AllocatesNothingIdleOrWaiting()
    {
        var pool = await FilledPoolAsync(1);
        using var caller = new CancellationTokenSource();
        RentIdleThenWaiting(pool, caller.Token);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            RentIdleThenWaiting(pool, caller.Token);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1, pool.GetStatistics().Idle);

        static void RentIdleThenWaiting(ConnectionPool pool, CancellationToken cancellationToken)
        {
            var first = Taken(pool.RentAsync(cancellationToken));
#pragma warning disable CA2012 // The pool's own result is what is tested: a task made of it would allocate.
            var waiting = pool.RentAsync(cancellationToken);
#pragma warning restore CA2012
            Assert.False(waiting.IsCompleted);
            pool.Return(first);
            pool.Return(Taken(waiting));
        }

        static Rental Taken(ValueTask<Rental?> rent)
        {
            Assert.True(rent.IsCompletedSuccessfully);
            return rent.Result!.Value;
        }
    }

    [Fact]
    public void New_WhileTheFlowIsSuppressed_Works()
    {
        using (ExecutionContext.SuppressFlow())
        {
            Assert.Equal(0, Pool(new() { Min = 0 }).GetStatistics().Total);
        }
    }

    [Fact]
    public void New_OptionOutOfRange_NamesIt()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Pool(new() { Size = 0 }));

        Assert.Contains("size is 0; 1 to 10000 is accepted.", error.Message, StringComparison.Ordinal);
    }

    private ConnectionPool Pool(PoolOptions options, PoolPermits? permits = null) =>
        new("orders", _source, options, permits ?? new PoolPermits(options.Size), _clock);

    private async Task<ConnectionPool> FilledPoolAsync(int count, int? min = null, int? size = null, PoolPermits? permits = null)
    {
        var pool = Pool(new() { Size = size ?? count, Min = min }, permits);
        var waiting = Enumerable.Range(0, count).Select(_ => pool.RentAsync(CancellationToken.None).AsTask()).ToList();
        var rentals = new List<Rental>();
        foreach (var waiter in waiting)
        {
            await _source.SettleAsync(pool);
            _source.FinishOpen();
            rentals.Add((await waiter)!.Value);
        }

        rentals.ForEach(pool.Return);
        return pool;
    }

    private static Rental Rent(ConnectionPool pool)
    {
        var rent = pool.RentAsync(CancellationToken.None);
        Assert.True(rent.IsCompletedSuccessfully);
        return rent.AsTask().GetAwaiter().GetResult()!.Value;
    }

    private sealed class RefusedException() : PluginRuntimeException("test.refused", "Refused.")
    {
        public override bool IsTransient => true;
    }
}
