using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class IdleQueueTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public async Task AddAndRemoveFirst_AnyNumberRoundTheRing_KeepsTheOrder(int size)
    {
        await using var pool = new ConnectionPool(
            "orders", new ManualConnectionSource(), new() { Size = 1, Min = 0 }, new PoolPermits(1), new ManualTimeProvider());
        var random = new Random(size);
        var queue = new IdleQueue(size);
        var model = new Queue<PooledConnection>();
        for (var step = 0; step < 2_000; step++)
        {
            if (model.Count < size && (model.Count == 0 || random.Next(2) == 0))
            {
                var entry = new PooledConnection(pool, step, TimeSpan.Zero, TimeSpan.MaxValue);
                queue.Add(entry);
                model.Enqueue(entry);
            }
            else
            {
                queue.RemoveFirst();
                model.Dequeue();
            }

            Assert.Equal(model.Count, queue.Count);
            Assert.Same(model.TryPeek(out var first) ? first : null, queue.First);
        }
    }
}
