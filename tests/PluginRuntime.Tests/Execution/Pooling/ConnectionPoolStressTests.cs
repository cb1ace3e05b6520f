using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>Real threads, real time: what the histories, which are one thread each, cannot show.</summary>
public sealed class ConnectionPoolStressTests
{
    private const int _size = 10;
    private const int _callers = 64;

    [Fact]
    public Task RentAsync_ManyCallersTwoGenerationsRandomCancels_KeepsEveryPermitAndSharesNoConnection() => SwapUnderLoadAsync(100_000);

    [LongFact]
    public Task RentAsync_MillionRentsTwoGenerationsRandomCancels_KeepsEveryPermitAndSharesNoConnection() => SwapUnderLoadAsync(1_000_000);

    [Fact]
    public async Task RentAsync_ThreeInstancesWantMoreThanTheBudget_AllAreServedWithinIt()
    {
        const int limit = 5;
        const int rents = 3_000;
        var budget = new ConnectionBudget(limit);
        var source = new StressSource(failEvery: 0);
        var options = new PoolOptions { Size = 4, Min = 1, AcquireTimeout = TimeSpan.FromMinutes(5) };
        var pools = Enumerable.Range(0, 3).Select(n => new ConnectionPool($"i{n}", source, options, new PoolPermits(4, budget), TimeProvider.System)).ToList();

        await Task.WhenAll(Enumerable.Range(0, 24).Select(seed => Task.Run(async () =>
        {
            for (var i = 0; i < rents / 24; i++)
            {
                var pool = pools[seed % 3];
                var rented = (await pool.RentAsync(CancellationToken.None))!.Value;
                source.Enter(rented.Connection);
                await Task.Yield();
                source.Leave(rented.Connection);
                pool.Return(rented);
            }
        })));

        foreach (var pool in pools)
        {
            await pool.DisposeAsync();
        }

        Assert.Equal((0, 0, 0), (budget.Held, budget.Leaving, source.Wrong));
        Assert.InRange(source.MostOpen, 1, limit);
        Assert.All(pools, pool => Assert.Equal((rents / 3, 0L), (pool.GetStatistics().Rents, pool.GetStatistics().Timeouts)));
    }

    private static async Task SwapUnderLoadAsync(int rents)
    {
        var source = new StressSource(failEvery: 1_000);
        var budget = new ConnectionBudget(_size);
        var permits = new PoolPermits(_size, budget);
        var options = new PoolOptions { Size = _size, Min = 2, AcquireTimeout = TimeSpan.FromMilliseconds(20) };
        var old = new ConnectionPool("stress", source, options, permits, TimeProvider.System);
        var young = new ConnectionPool("stress", source, options, permits, TimeProvider.System);
        var (live, finished) = (old, 0);
        var arriving = new Lock();
        var arrivals = 0;
        var served = new List<(PooledConnection Connection, uint Version, int Arrival)>(rents + _callers);

        await Task.WhenAll(Enumerable.Range(0, _callers).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (Volatile.Read(ref finished) < rents)
            {
                if (await CallAsync(random) && Interlocked.Increment(ref finished) == rents / 2)
                {
                    // Publish the next generation, then close the one before it.
                    Volatile.Write(ref live, young);
                    old.Close();
                }
            }
        })));

        await old.DisposeAsync();
        await young.DisposeAsync();
        Assert.Empty(source.Open);
        Assert.Equal(0, source.Wrong);
        Assert.InRange(source.MostOpen, 1, _size);
        Assert.Equal((0, 0, 0), (permits.Held, budget.Held, budget.Leaving));
        foreach (var pool in new[] { old, young })
        {
            var statistics = pool.GetStatistics();
            Assert.Equal((0, 0, 0L), (statistics.Total, statistics.Waiting, statistics.DoubleReturns));
            Assert.Equal(statistics.Opened, statistics.Closed);
            Assert.True(statistics.Rents > rents / 10, $"Only {statistics.Rents} rents.");
        }

        // Each connection went to its renters in the order in which these had arrived.
        Assert.All(served.GroupBy(rent => rent.Connection), rents =>
        {
            var order = rents.OrderBy(rent => rent.Version).Select(rent => rent.Arrival).ToList();
            Assert.Equal(order.Order(), order);
        });

        async Task<bool> CallAsync(Random random)
        {
            using var caller = new CancellationTokenSource();
            var pool = Volatile.Read(ref live);
            ValueTask<Rental?> waiting;
            int arrival;
            lock (arriving)
            {
                arrival = arrivals++;
#pragma warning disable CA2012 // It is awaited below, once.
                waiting = pool.RentAsync(caller.Token);
#pragma warning restore CA2012
            }

            switch (random.Next(8))
            {
                case 0 or 1:
                    // Meets the grant of a connection on another thread.
                    _ = Task.Run(caller.Cancel, CancellationToken.None);
                    await Task.Yield();
                    break;
                case 2:
                    caller.CancelAfter(random.Next(3));
                    break;
            }

            Rental? rental;
            try
            {
                rental = await waiting;
            }
            catch (OperationCanceledException error) when (error.CancellationToken == caller.Token)
            {
                return false;
            }
            catch (PluginRuntimeException error) when (error is PoolExhaustedException or ConnectorFailedException)
            {
                await Task.Yield();
                return false;
            }

            if (rental is not { } rented)
            {
                Assert.NotSame(young, pool);
                return false;
            }

            source.Enter(rented.Connection);
            lock (served)
            {
                served.Add((rented.Entry, rented.Version, arrival));
            }

            if (random.Next(3) == 0)
            {
                await Task.Yield();
            }

            source.Leave(rented.Connection);
            if (random.Next(50) == 0)
            {
                pool.Drop(rented);
            }
            else
            {
                pool.Return(rented);
            }

            return true;
        }
    }
}
