using System.Collections.Concurrent;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class ConnectionPoolStressTests
{
    private const int _size = 10;
    private const int _callers = 64;
    private const int _rentsPerCaller = 2_000;

    [Fact]
    public async Task RentAsync_ManyCallersTwoGenerationsRandomCancels_KeepsEveryPermitAndSharesNoConnection()
    {
        var source = new AsyncSource();
        var permits = new PoolPermits(_size);
        var options = new PoolOptions { Size = _size, Min = 2, AcquireTimeout = TimeSpan.FromMinutes(5) };
        var old = new ConnectionPool("stress", source, options, permits, TimeProvider.System);
        var young = new ConnectionPool("stress", source, options, permits, TimeProvider.System);
        var live = old;
        var finished = 0;

        await Task.WhenAll(Enumerable.Range(0, _callers).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < _rentsPerCaller; i++)
            {
                await CallAsync(random);
                if (Interlocked.Increment(ref finished) == _callers * _rentsPerCaller / 2)
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
        Assert.Equal(0, source.Shared);
        Assert.InRange(source.MostOpen, 1, _size);
        Assert.Equal(0, permits.Held);
        foreach (var statistics in new[] { old.GetStatistics(), young.GetStatistics() })
        {
            Assert.Equal((0, 0, 0L, 0L), (statistics.Total, statistics.Waiting, statistics.DoubleReturns, statistics.Timeouts));
            Assert.Equal(statistics.Opened, statistics.Closed);
            Assert.True(statistics.Rents > 1000, $"Only {statistics.Rents} rents.");
        }

        async Task CallAsync(Random random)
        {
            using var caller = new CancellationTokenSource();
            var pool = Volatile.Read(ref live);
            var waiting = pool.RentAsync(caller.Token);
            if (random.Next(4) == 0)
            {
                // Meets the grant of a connection on another thread.
                _ = Task.Run(caller.Cancel, CancellationToken.None);
                await Task.Yield();
            }

            Rental? rental;
            try
            {
                rental = await waiting;
            }
            catch (OperationCanceledException error) when (error.CancellationToken == caller.Token)
            {
                return;
            }
            catch (IOException)
            {
                return;
            }

            if (rental is not { } rented)
            {
                Assert.NotSame(young, pool);
                return;
            }

            source.Enter(rented.Connection);
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
        }
    }

    private sealed class AsyncSource : IConnectionSource
    {
        private readonly ConcurrentDictionary<object, int> _renters = new();
        private int _calls;
        private int _shared;
        private int _open;
        private int _mostOpen;

        public IReadOnlyCollection<object> Open => (IReadOnlyCollection<object>)_renters.Keys;

        public int Shared => _shared;

        public int MostOpen => _mostOpen;

        public async ValueTask<object> OpenAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (Interlocked.Increment(ref _calls) % 10 == 0)
            {
                throw new IOException("Refused.");
            }

            var open = Interlocked.Increment(ref _open);
            for (var most = _mostOpen; open > most;)
            {
                most = Interlocked.CompareExchange(ref _mostOpen, open, most);
            }

            var connection = new object();
            _renters[connection] = 0;
            return connection;
        }

        public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) =>
            ValueTask.FromResult(ConnectionHealth.Healthy);

        public async ValueTask CloseAsync(object connection, CancellationToken cancellationToken)
        {
            await Task.Yield();
            Interlocked.Decrement(ref _open);
            Count(_renters.TryRemove(connection, out var renters) && renters == 0);
        }

        public void Enter(object connection) => Count(_renters.AddOrUpdate(connection, -1, (_, renters) => renters + 1) == 1);

        public void Leave(object connection) => Count(_renters.AddOrUpdate(connection, -1, (_, renters) => renters - 1) == 0);

        private void Count(bool right)
        {
            if (!right)
            {
                Interlocked.Increment(ref _shared);
            }
        }
    }
}
