using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>Real threads at the two doors of the pool's lock: the quick one of rents and returns, and the other of everything else.</summary>
public sealed class ConnectionPoolRaceTests
{
    private const int _size = 3;
    private const int _callers = 8;

    [Fact]
    public async Task Rents_AllKindsOfCallsAtOnceThenClose_KeepEveryPermitAndNobodyWaitsBesideAnIdleConnection()
    {
        var source = new StressSource(failEvery: 0);
        var permits = new PoolPermits(_size);
        var options = new PoolOptions { Size = _size, Min = 1, AcquireTimeout = TimeSpan.FromMinutes(5) };
        var pool = new ConnectionPool("race", source, options, permits, TimeProvider.System);
        var (rents, spares, endedTwice, finished) = (0, 0, 0, 0);
        var callers = Enumerable.Range(0, _callers).Select(seed => Task.Run(() => CallAsync(new Random(seed)))).ToList();
        var all = Task.WhenAll(callers);
        var observer = Task.Run(() => Observe(pool, all));

        await all;
        await observer;
        await pool.DisposeAsync();
        var statistics = pool.GetStatistics();
        Assert.Empty(source.Open);
        Assert.Equal(0, source.Wrong);
        Assert.InRange(source.MostOpen, 1, _size);
        Assert.Equal((0, 0, 0), (permits.Held, permits.Budget.Held, permits.Budget.Leaving));
        Assert.Equal((0, statistics.Opened), (statistics.Total, statistics.Closed));
        Assert.Equal((rents, spares, endedTwice, 0L), (statistics.Rents, statistics.SpareRents, statistics.DoubleReturns, statistics.Timeouts));

        async Task CallAsync(Random random)
        {
            while (true)
            {
                switch (random.Next(40))
                {
                    case 0:
                        pool.Suspect();
                        break;
                    case 1 or 2 when pool.TryRentSpare() is { } spare:
                        Interlocked.Increment(ref spares);
                        await EndAsync(spare, random);
                        break;
                }

                using var caller = new CancellationTokenSource();
                var isCancelled = random.Next(4) == 0;
#pragma warning disable CA2012 // It is awaited below, once.
                var waiting = pool.RentAsync(isCancelled ? caller.Token : CancellationToken.None);
#pragma warning restore CA2012
                if (isCancelled)
                {
                    // Meets the hand-over on another thread.
                    _ = Task.Run(caller.Cancel, CancellationToken.None);
                }

                try
                {
                    if (await waiting is not { } rented)
                    {
                        return;
                    }

                    Interlocked.Increment(ref rents);
                    await EndAsync(rented, random);
                }
                catch (OperationCanceledException error) when (error.CancellationToken == caller.Token)
                {
                }

                if (Interlocked.Increment(ref finished) == 40_000)
                {
                    pool.Close();
                }
            }
        }

        async Task EndAsync(Rental rented, Random random)
        {
            source.Enter(rented.Connection);
            if (random.Next(3) == 0)
            {
                await Task.Yield();
            }

            source.Leave(rented.Connection);
            switch (random.Next(40))
            {
                case 0:
                    pool.Drop(rented);
                    break;
                case 1:
                    // Two ends at once: one of them counts.
                    var other = Task.Run(() => pool.Return(rented), CancellationToken.None);
                    pool.Drop(rented);
                    await other;
                    Interlocked.Increment(ref endedTwice);
                    break;
                case 2:
                    pool.Return(rented);
                    pool.Return(rented);
                    Interlocked.Increment(ref endedTwice);
                    break;
                default:
                    pool.Return(rented);
                    break;
            }
        }
    }

    [Fact]
    public async Task Return_TheSameRentOnTwoThreadsAtOnce_FreesTheConnectionOnce()
    {
        const int rounds = 2_000;
        var source = new StressSource(failEvery: 0);
        await using var pool = new ConnectionPool("race", source, new() { Size = 2 }, new PoolPermits(2), TimeProvider.System);
        await pool.OpenMinimumAsync(CancellationToken.None);
        var rental = default(Rental);
        using var together = new Barrier(2);
        var other = new Thread(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                together.SignalAndWait();
                pool.Return(rental);
                together.SignalAndWait();
            }
        });
        other.Start();

        for (var round = 0; round < rounds; round++)
        {
            var rent = pool.RentAsync(CancellationToken.None);
            rental = (await rent)!.Value;
            together.SignalAndWait();
            pool.Return(rental);
            together.SignalAndWait();
        }

        other.Join();
        var statistics = pool.GetStatistics();
        Assert.Equal((2, 0, (long)rounds, (long)rounds), (statistics.Idle, statistics.InUse, statistics.Rents, statistics.DoubleReturns));
    }

    /// <summary>Looks at the pool from beside for as long as callers come.</summary>
    private static void Observe(ConnectionPool pool, Task callers)
    {
        do
        {
            var now = pool.GetStatistics();
            Assert.Equal(now.Total, now.Idle + now.InUse + now.Opening + now.Checking + now.Closing);
            Assert.InRange(now.Total, 0, _size);
            Assert.True(now.Idle >= 0 && now.InUse >= 0 && now.InUse == now.Connections.Count(connection => connection.InUse));

            // One that has to be checked first may lie there, as long as a check for each caller is under way.
            Assert.True(now.Idle == 0 || now.Waiting <= now.Checking, $"{now.Waiting} wait beside {now.Idle} idle connections.");
        }
        while (!callers.IsCompleted);
    }
}
