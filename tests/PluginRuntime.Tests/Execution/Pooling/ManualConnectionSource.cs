using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>A source whose calls end when the test says so. Connections are numbered from 1.</summary>
internal sealed class ManualConnectionSource : IConnectionSource
{
    private readonly Lock _lock = new();
    private readonly List<PendingCall<object>> _opens = [];
    private readonly List<PendingCall<ConnectionHealth>> _checks = [];
    private readonly List<PendingCall<bool>> _closes = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    /// <summary>Connections that were opened and not yet closed.</summary>
    public HashSet<object> Open { get; } = [];

    public int Opens => Count(_opens);

    public int Checks => Count(_checks);

    public int Closes => Count(_closes);

    public ValueTask<object> OpenAsync(CancellationToken cancellationToken)
    {
        var call = new PendingCall<object>(null, call => Arrived(_opens, call), cancellationToken);
        return new ValueTask<object>(call, call.Version);
    }

    public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken)
    {
        var call = new PendingCall<ConnectionHealth>(connection, call => Arrived(_checks, call), cancellationToken);
        return new ValueTask<ConnectionHealth>(call, call.Version);
    }

    public ValueTask CloseAsync(object connection, CancellationToken cancellationToken)
    {
        var call = new PendingCall<bool>(connection, call => Arrived(_closes, call), cancellationToken);
        return new ValueTask(call, call.Version);
    }

    /// <summary>Waits until every call that the pools have started is here.</summary>
    public async Task SettleAsync(params IReadOnlyList<ConnectionPool> pools)
    {
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                arrived = _arrived.Task;
            }

            var statistics = pools.Select(pool => pool.GetStatistics()).ToList();
            if (Opens == statistics.Sum(pool => pool.Opening) && Checks == statistics.Sum(pool => pool.Checking)
                && Closes == statistics.Sum(pool => pool.Closing))
            {
                return;
            }

            await arrived.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System).ConfigureAwait(false);
        }
    }

    public object FinishOpen(int index = 0)
    {
        object connection = Interlocked.Increment(ref _lastNumber);
        Open.Add(connection);
        Take(_opens, index).Succeed(connection);
        return connection;
    }

    public void FailOpen(Exception error, int index = 0) => Take(_opens, index).Fail(error);

    public CancellationToken OpenToken(int index = 0)
    {
        lock (_lock)
        {
            return _opens[index].CancellationToken;
        }
    }

    public object FinishCheck(ConnectionHealth health, int index = 0)
    {
        var call = Take(_checks, index);
        call.Succeed(health);
        return call.Connection!;
    }

    public object FinishClose(Exception? error = null, int index = 0)
    {
        var call = Take(_closes, index);
        Assert.True(Open.Remove(call.Connection!), $"Connection {call.Connection} is closed twice.");
        if (error is null)
        {
            call.Succeed(true);
        }
        else
        {
            call.Fail(error);
        }

        return call.Connection!;
    }

    private void Arrived<T>(List<PendingCall<T>> calls, PendingCall<T> call)
    {
        TaskCompletionSource arrived;
        lock (_lock)
        {
            calls.Add(call);
            arrived = _arrived;
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.SetResult();
    }

    private int Count<T>(List<PendingCall<T>> calls)
    {
        lock (_lock)
        {
            return calls.Count;
        }
    }

    private PendingCall<T> Take<T>(List<PendingCall<T>> calls, int index)
    {
        lock (_lock)
        {
            var call = calls[index];
            calls.RemoveAt(index);
            return call;
        }
    }
}
