using System.Collections.Concurrent;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>A source for many threads that notices who shares a connection.</summary>
/// <param name="failEvery">Which openings fail: each one of so many; 0 for none.</param>
internal sealed class StressSource(int failEvery) : IConnectionSource
{
    private readonly ConcurrentDictionary<object, int> _renters = new();
    private int _calls;
    private int _wrong;
    private int _open;
    private int _mostOpen;

    public IReadOnlyCollection<object> Open => (IReadOnlyCollection<object>)_renters.Keys;

    /// <summary>How often a connection had two renters, or was closed under one, or twice.</summary>
    public int Wrong => _wrong;

    public int MostOpen => _mostOpen;

    public async ValueTask<object> OpenAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (failEvery > 0 && Interlocked.Increment(ref _calls) % failEvery == 0)
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
            Interlocked.Increment(ref _wrong);
        }
    }
}
