using System.Threading.Channels;
using Microsoft.Extensions.ObjectPool;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// Renting a connection and giving it back, against what a .NET program would build a pool of: <see cref="DefaultObjectPool{T}"/>, which
/// cannot wait and knows nothing of what it holds, and a <see cref="Channel{T}"/>, which waits in order, but without a timeout.
/// </summary>
/// <remarks>
/// All are awaited alike, as the call path does it: each rent is a <see cref="ValueTask{TResult}"/>, and its result is taken at once where it
/// is there. Of channels there are two kinds, and the faster one is the baseline.
/// </remarks>
internal static class PoolBenchmark
{
    private const int Workers = 16;
    private const int Few = 2;

    internal static async Task RunAsync(Report report)
    {
        var options = new PoolOptions();
        await using var pool = await OpenAsync(options);
        await using var small = await OpenAsync(new() { Size = Few });
        var objects = new DefaultObjectPool<object>(new DefaultPooledObjectPolicy<object>(), options.Size);
        await Paired.MeasureAsync(report, ("objectpool", times => UseAsync(objects, times)), ("rent-return", times => UseAsync(pool, times)));

        var (_, channel) = await Paired.FastestAsync(Channels(options.Size, UseAsync));
        await Paired.MeasureAsync(report, ("channel", channel), ("rent-return-channel", times => UseAsync(pool, times)));

        var (_, contended) = await Paired.FastestAsync(Channels(Few, (connections, times) => ShareAsync(times, share => HoldAsync(connections, share))));
        await Paired.MeasureAsync(
            report, ("channel-16-on-2", contended), ("waiting-16-on-2", times => ShareAsync(times, share => HoldAsync(small, share))));

        // A wait in the pool ends after the acquire timeout. A channel's does where each has a token for it.
        var (_, timed) = await Paired.FastestAsync(Channels(Few, (connections, times) => ShareAsync(times, share => HoldTimedAsync(connections, share))));
        await Paired.MeasureAsync(
            report, ("channel-16-on-2-timed", timed), ("waiting-16-on-2-timed", times => ShareAsync(times, share => HoldAsync(small, share))));
    }

    private static async Task<ConnectionPool> OpenAsync(PoolOptions options)
    {
        var pool = new ConnectionPool("benchmark", new Source(), options, new PoolPermits(options.Size), TimeProvider.System);
        await pool.OpenMinimumAsync(CancellationToken.None);
        return pool;
    }

    private static (string Name, Operation Run)[] Channels(int size, Func<Channel<object>, int, Task> use)
    {
        var (bounded, unbounded) = (Channel.CreateBounded<object>(size), Channel.CreateUnbounded<object>());
        for (var connection = 0; connection < size; connection++)
        {
            bounded.Writer.TryWrite(new object());
            unbounded.Writer.TryWrite(new object());
        }

        return [("bounded", times => use(bounded, times)), ("unbounded", times => use(unbounded, times))];
    }

    private static async Task UseAsync(ConnectionPool pool, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var rent = pool.RentAsync("query", CancellationToken.None);
            var rental = rent.IsCompletedSuccessfully ? rent.Result : await rent;
            pool.Return(rental!.Value);
        }
    }

    private static async Task UseAsync(DefaultObjectPool<object> pool, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var rent = RentAsync(pool);
            var connection = rent.IsCompletedSuccessfully ? rent.Result : await rent;
            pool.Return(connection);
        }
    }

    private static async Task UseAsync(Channel<object> connections, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var rent = RentAsync(connections);
            var connection = rent.IsCompletedSuccessfully ? rent.Result : await rent;
            connections.Writer.TryWrite(connection);
        }
    }

    /// <summary>Many workers who share the operations evenly.</summary>
    private static Task ShareAsync(int times, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => work((times + worker) / Workers))));

    private static async Task HoldAsync(ConnectionPool pool, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var rent = pool.RentAsync("query", CancellationToken.None);
            var rental = rent.IsCompletedSuccessfully ? rent.Result : await rent;

            // The others are to run now, and to find nothing.
            await Task.Yield();
            pool.Return(rental!.Value);
        }
    }

    private static async Task HoldAsync(Channel<object> connections, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var rent = RentAsync(connections);
            var connection = rent.IsCompletedSuccessfully ? rent.Result : await rent;
            await Task.Yield();
            connections.Writer.TryWrite(connection);
        }
    }

    private static async Task HoldTimedAsync(Channel<object> connections, int times)
    {
        var timeout = new CancellationTokenSource();
        for (var i = 0; i < times; i++)
        {
            if (!connections.Reader.TryRead(out var connection))
            {
                timeout.CancelAfter(TimeSpan.FromSeconds(5));
                connection = await connections.Reader.ReadAsync(timeout.Token);
                if (!timeout.TryReset())
                {
                    timeout.Dispose();
                    timeout = new CancellationTokenSource();
                }
            }

            await Task.Yield();
            connections.Writer.TryWrite(connection);
        }

        timeout.Dispose();
    }

    private static ValueTask<object> RentAsync(DefaultObjectPool<object> pool) => new(pool.Get());

    private static ValueTask<object> RentAsync(Channel<object> connections) =>
        connections.Reader.TryRead(out var connection) ? new(connection) : connections.Reader.ReadAsync(CancellationToken.None);

    private sealed class Source : IConnectionSource
    {
        public ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

        public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) => new(ConnectionHealth.Healthy);

        public ValueTask CloseAsync(object connection, CancellationToken cancellationToken) => default;
    }
}
