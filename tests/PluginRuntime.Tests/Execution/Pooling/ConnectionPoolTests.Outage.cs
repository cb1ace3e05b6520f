using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>Openings that fail.</summary>
public sealed partial class ConnectionPoolTests
{
    [Fact]
    public async Task RentAsync_OpeningFailsAndNothingElseIsThere_FailsAllWhoWaitEachWithAFailureOfItsOwn()
    {
        var pool = Pool(new() { Size = 1, Min = 0 });
        var first = pool.RentAsync(CancellationToken.None).AsTask();
        var second = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);

        _source.FailOpen(new RefusedException());

        var one = await Assert.ThrowsAsync<ConnectorFailedException>(() => first);
        var two = await Assert.ThrowsAsync<ConnectorFailedException>(() => second);
        Assert.Equal(("connector.unavailable", "Refused.", true, false), (one.Code, one.Message, one.IsTransient, one.WasSent));
        Assert.NotSame(one, two);
    }

    [Fact]
    public async Task RentAsync_OpeningsFail_CallersFailAtOnceAndTryNoMoreThanTheBackoffAllows()
    {
        var pool = Pool(new() { Size = 10, Min = 0 });
        var openings = 0;
        for (var caller = 0; caller < 6_000; caller++)
        {
            var rent = pool.RentAsync(CancellationToken.None).AsTask();
            await _source.SettleAsync(pool);
            if (_source.Opens > 0)
            {
                openings++;
                _source.FailOpen(new RefusedException());
            }

            await Assert.ThrowsAsync<ConnectorFailedException>(() => rent);
            Assert.Equal((true, "Refused."), (pool.GetStatistics().IsStarved, pool.GetStatistics().LastOpenFailure));
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        // In a minute: one each 1 s on average, two at most in a second.
        Assert.InRange(openings, 30, 120);
    }

    [Fact]
    public async Task RentAsync_OpeningFailsButOthersAreInUse_WaitsForAReturnWhileOpeningsGoOn()
    {
        var pool = await FilledPoolAsync(1, min: 0, size: 2);
        var held = Rent(pool);
        var first = pool.RentAsync(CancellationToken.None).AsTask();
        var second = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);

        _source.FailOpen(new RefusedException());
        await _source.SettleAsync(pool);
        Assert.Equal((false, 0, false), (first.IsCompleted, _source.Opens, pool.GetStatistics().IsStarved));
        pool.Return(held);
        Assert.Equal(held.Connection, (await first)!.Value.Connection);
        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        await _source.SettleAsync(pool);

        Assert.Equal(_source.FinishOpen(), (await second)!.Value.Connection);
    }

    [Fact]
    public async Task Drop_TheLastConnectionWhileOpeningsFail_FailsThoseWhoWaitAtOnce()
    {
        var pool = await FilledPoolAsync(1, min: 0, size: 2);
        var held = Rent(pool);
        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        _source.FailOpen(new RefusedException());

        pool.Drop(held);

        await Assert.ThrowsAsync<ConnectorFailedException>(() => waiting);
    }

    [Theory]
    [InlineData(100, 10)]
    [InlineData(20, 4)]
    public async Task Tick_AnOutageEnds_OpensATenthOfTheSizeInTheFirstSecondAndThenTheRest(int size, int most)
    {
        var pool = Pool(new() { Size = size });
        var minimum = pool.OpenMinimumAsync(CancellationToken.None);
        await _source.SettleAsync(pool);
        for (var i = 0; i < 4; i++)
        {
            _source.FailOpen(new RefusedException());
        }

        await Assert.ThrowsAsync<RefusedException>(() => minimum);
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        await OpenAllAsync(mostAtFirst: 1);
        Assert.Equal(most, pool.GetStatistics().Opened);

        _clock.Advance(TimeSpan.FromMilliseconds(999));
        await _source.SettleAsync(pool);
        Assert.Equal(0, _source.Opens);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await OpenAllAsync(mostAtFirst: 4);

        Assert.Equal((size, false), (pool.GetStatistics().Idle, pool.GetStatistics().IsStarved));
        Assert.Null(pool.GetStatistics().LastOpenFailure);

        async Task OpenAllAsync(int mostAtFirst)
        {
            await _source.SettleAsync(pool);
            Assert.Equal(mostAtFirst, _source.Opens);
            while (_source.Opens > 0)
            {
                Assert.InRange(_source.Opens, 1, 4);
                _source.FinishOpen();
                await _source.SettleAsync(pool);
            }
        }
    }

    [Fact]
    public async Task New_TheOpeningsOfThePoolBeforeFailed_BeginsWithOneAndGoesOnSlowly()
    {
        var permits = new PoolPermits(30);
        var before = Pool(new() { Size = 30 }, permits);
        var failing = before.OpenMinimumAsync(CancellationToken.None);
        await _source.SettleAsync(before);
        for (var i = 0; i < 4; i++)
        {
            _source.FailOpen(new RefusedException());
        }

        await Assert.ThrowsAsync<RefusedException>(() => failing);
        before.Close();
        var pool = Pool(new() { Size = 30 }, permits);
        var minimum = pool.OpenMinimumAsync(CancellationToken.None);
        await _source.SettleAsync(pool);
        Assert.Equal(1, _source.Opens);
        for (var i = 0; i < 4; i++)
        {
            _source.FinishOpen();
            await _source.SettleAsync(pool);
        }

        Assert.Equal((0, false), (_source.Opens, minimum.IsCompleted));
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 26; i++)
        {
            await _source.SettleAsync(pool);
            _source.FinishOpen();
        }

        await minimum;
        Assert.Equal(30, pool.GetStatistics().Idle);
    }
}
