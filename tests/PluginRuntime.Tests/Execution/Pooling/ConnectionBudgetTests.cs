using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>Instances under one budget.</summary>
public sealed class ConnectionBudgetTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ManualConnectionSource _source = new();
    private readonly List<ConnectionPool> _pools = [];

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    public void New_OutOfRange_Throws(int limit) => Assert.Throws<ArgumentOutOfRangeException>(() => new ConnectionBudget(limit));

    [Fact]
    public void New_Zero_IsNoLimit()
    {
        var budget = new ConnectionBudget(0);
        var permits = new PoolPermits(3, budget);

        Assert.True(permits.TryTake() && permits.TryTake() && permits.TryTake());
        Assert.Null(budget.Limit);
    }

    [Fact]
    public async Task RentAsync_BudgetIsFull_LeastRecentlyUsedSurplusOfTheOthersMakesRoom()
    {
        var budget = new ConnectionBudget(4);
        var (a, b, c) = (Pool(budget, 3, 1), Pool(budget, 3, 0), Pool(budget, 3, 0));
        var (a1, a2) = (await OpenAsync(a), await OpenAsync(a));
        var (b1, b2) = (await OpenAsync(b), await OpenAsync(b));
        foreach (var (pool, rental) in new[] { (a, a1), (b, b1), (b, b2), (a, a2) })
        {
            pool.Return(rental);
            _clock.Advance(TimeSpan.FromSeconds(1.5));
        }

        // The oldest of the first instance is above its minimum; then it is the other's turn.
        var waiting = new[] { c.RentAsync(CancellationToken.None).AsTask(), c.RentAsync(CancellationToken.None).AsTask() };
        await SettleAsync();
        Assert.Equal((1, 1), (_source.Closes, a.GetStatistics().Closing));
        Assert.Equal(a1.Connection, _source.FinishClose());
        await SettleAsync();
        Assert.Equal((1, 1), (_source.Opens, b.GetStatistics().Closing));
        Assert.Equal(b1.Connection, _source.FinishClose());
        await SettleAsync();
        _source.FinishOpen();
        _source.FinishOpen();
        await Task.WhenAll(waiting);

        Assert.Equal((4, 1, 1), (budget.Held, a.GetStatistics().Idle, b.GetStatistics().Idle));
    }

    [Fact]
    public async Task RentAsync_TheOthersAreAtTheirMinimum_OnlyAPoolWithoutAnyConnectionGetsOneOfTheirs()
    {
        var budget = new ConnectionBudget(3);
        var (a, b) = (Pool(budget, 2, 2), Pool(budget, 2, 0));
        var (a1, a2, b1) = (await OpenAsync(a), await OpenAsync(a), await OpenAsync(b));
        a.Return(a1);
        a.Return(a2);

        var second = b.RentAsync(CancellationToken.None).AsTask();
        await SettleAsync();
        Assert.Equal((0, true), (_source.Closes, b.GetStatistics().AwaitsPermit));
        b.Return(b1);
        Assert.Equal(b1.Connection, (await second)!.Value.Connection);

        var c = Pool(budget, 2, 2);
        var first = c.RentAsync(CancellationToken.None).AsTask();
        await SettleAsync();
        Assert.Equal(a1.Connection, _source.FinishClose());
        await SettleAsync();
        Assert.Equal(_source.FinishOpen(), (await first)!.Value.Connection);
        Assert.Equal((3, 1, 1, 1), (budget.Held, a.GetStatistics().Total, b.GetStatistics().Total, c.GetStatistics().Total));
    }

    [Fact]
    public async Task Return_AnOlderCallerOfAnotherInstanceWaits_GetsThePermitBeforeTheYoungerOfItsOwn()
    {
        var budget = new ConnectionBudget(1);
        var (a, b) = (Pool(budget, 1, 0), Pool(budget, 1, 0));
        var held = await OpenAsync(a);
        var ofB = b.RentAsync(CancellationToken.None).AsTask();
        var ofA = a.RentAsync(CancellationToken.None).AsTask();

        a.Return(held);
        await SettleAsync();
        _source.FinishClose();
        await SettleAsync();
        _source.FinishOpen();
        var servedB = (await ofB)!.Value;
        Assert.False(ofA.IsCompleted);
        b.Return(servedB);
        await SettleAsync();
        _source.FinishClose();
        await SettleAsync();
        _source.FinishOpen();

        Assert.NotNull(await ofA);
        Assert.Equal(1, budget.Held);
    }

    [Fact]
    public async Task Return_AYoungerCallerOfAnotherInstanceWaits_GoesToTheOlderOfItsOwn()
    {
        var budget = new ConnectionBudget(1);
        var (a, b) = (Pool(budget, 1, 0), Pool(budget, 1, 0));
        var held = await OpenAsync(a);
        var ofA = a.RentAsync(CancellationToken.None).AsTask();
        var ofB = b.RentAsync(CancellationToken.None).AsTask();

        a.Return(held);

        Assert.Equal(held.Connection, (await ofA)!.Value.Connection);
        Assert.False(ofB.IsCompleted);
    }

    [Fact]
    public async Task Close_AnInstanceIsRemoved_ItsPermitsServeTheOthers()
    {
        var budget = new ConnectionBudget(2);
        var (a, b) = (Pool(budget, 2, 2), Pool(budget, 2, 0));
        var (a1, _, waiting) = (await OpenAsync(a), await OpenAsync(a), b.RentAsync(CancellationToken.None).AsTask());

        a.Close();
        a.Return(a1);
        await SettleAsync();
        _source.FinishClose();
        await SettleAsync();

        Assert.Equal(_source.FinishOpen(), (await waiting)!.Value.Connection);
    }

    [Fact]
    public async Task OpenMinimumAsync_OfASwapInAFullBudget_BorrowsNothingAndACallerGetsOneInTurn()
    {
        var budget = new ConnectionBudget(2);
        var permits = new PoolPermits(2, budget);
        var old = Pool(permits, 2, 2);
        old.Return(await OpenAsync(old));
        await SettleAsync();
        _source.FinishOpen();
        using var reservation = permits.Reserve(2);
        var young = Pool(permits, 2, 2);

        await young.OpenMinimumAsync(CancellationToken.None);
        Assert.Equal((0, 2, 4), (young.GetStatistics().Total, budget.Held, permits.Limit));
        var check = young.RentAsync(CancellationToken.None).AsTask();
        await SettleAsync();
        _source.FinishClose();
        await SettleAsync();

        Assert.Equal(_source.FinishOpen(), (await check)!.Value.Connection);
        Assert.Equal((1, 1, 2), (old.GetStatistics().Total, young.GetStatistics().Total, budget.Held));
    }

    [Fact]
    public async Task RentAsync_ItsInstanceIsFull_HoldsUpNobodyElse()
    {
        var budget = new ConnectionBudget(3);
        var permits = new PoolPermits(1, budget);
        var (old, young, other) = (Pool(permits, 1, 0), Pool(permits, 1, 0), Pool(budget, 1, 0));
        _ = await OpenAsync(old);
        var waiting = young.RentAsync(CancellationToken.None).AsTask();

        var served = await OpenAsync(other);

        Assert.NotNull(served.Connection);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task RentAsync_AConnectionIsClosingAnyway_NobodyElseGivesWay()
    {
        var budget = new ConnectionBudget(2);
        var (a, b, c) = (Pool(budget, 1, 0), Pool(budget, 1, 0), Pool(budget, 1, 0));
        a.Return(await OpenAsync(a));
        b.Drop(await OpenAsync(b));

        var waiting = c.RentAsync(CancellationToken.None).AsTask();
        await SettleAsync();
        Assert.Equal((1, 1), (_source.Closes, a.GetStatistics().Idle));
        _source.FinishClose();
        await SettleAsync();

        Assert.Equal(_source.FinishOpen(), (await waiting)!.Value.Connection);
    }

    [Fact]
    public async Task Drop_AnOlderCallerTakesThePermitThatAnotherCountedOn_RoomIsMadeForThatOne()
    {
        var budget = new ConnectionBudget(2);
        var permits = new PoolPermits(1, budget);
        var (old, young, a, d) = (Pool(permits, 1, 0), Pool(permits, 1, 0), Pool(budget, 1, 0), Pool(budget, 1, 0));
        var (leaving, idle) = (await OpenAsync(old), await OpenAsync(d));

        // Its instance is full, so that the next caller is the first to count on the permit that is on its way back.
        var older = young.RentAsync(CancellationToken.None).AsTask();
        old.Drop(leaving);
        var younger = a.RentAsync(CancellationToken.None).AsTask();
        d.Return(idle);
        await SettleAsync();
        Assert.Equal((1, 1), (_source.Closes, d.GetStatistics().Idle));
        _source.FinishClose();
        await SettleAsync();
        Assert.Equal((1, 1), (young.GetStatistics().Opening, d.GetStatistics().Closing));
        Assert.Equal(idle.Connection, _source.FinishClose());
        await SettleAsync();
        _source.FinishOpen();
        _source.FinishOpen();

        Assert.NotNull(await older);
        Assert.NotNull(await younger);
    }

    [Fact]
    public async Task RentAsync_BudgetIsFullForTheWholeAcquireTimeout_SaysSo()
    {
        var budget = new ConnectionBudget(1);
        var (a, b) = (Pool(budget, 1, 0), Pool(budget, 1, 0));
        _ = await OpenAsync(a);
        var waiting = b.RentAsync(CancellationToken.None).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(5));

        var error = await Assert.ThrowsAsync<PoolExhaustedException>(() => waiting);
        Assert.EndsWith("More could not be opened: the rest is taken by another version of it, or by other instances (Connections).", error.Message, StringComparison.Ordinal);
        Assert.Equal(long.MaxValue, budget.UnmetPlace);
    }

    private ConnectionPool Pool(ConnectionBudget budget, int size, int min) => Pool(new PoolPermits(size, budget), size, min);

    private ConnectionPool Pool(PoolPermits permits, int size, int min)
    {
        var pool = new ConnectionPool("orders", _source, new() { Size = size, Min = min }, permits, _clock);
        _pools.Add(pool);
        return pool;
    }

    /// <summary>Rents a connection that has to be opened. A minimum is opened too, as far as permits go: one at a time is finished.</summary>
    private async Task<Rental> OpenAsync(ConnectionPool pool)
    {
        var rent = pool.RentAsync(CancellationToken.None).AsTask();
        await SettleAsync();
        if (!rent.IsCompleted)
        {
            _source.FinishOpen();
        }

        return (await rent)!.Value;
    }

    private Task SettleAsync() => _source.SettleAsync(_pools);
}
