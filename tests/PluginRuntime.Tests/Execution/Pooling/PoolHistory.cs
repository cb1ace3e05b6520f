using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>A random history of two generations that share permits, with what must hold after each step.</summary>
internal sealed class PoolHistory
{
    private readonly Random _random;
    private readonly ManualTimeProvider _clock = new();
    private readonly ManualConnectionSource _source = new();
    private readonly PoolPermits _permits;
    private readonly List<ConnectionPool> _pools;
    private readonly List<Caller> _waiting = [];
    private readonly List<(ConnectionPool Pool, Rental Rental)> _rented = [];
    private readonly List<(ConnectionPool Pool, Rental Rental)> _ended = [];
    private readonly HashSet<ConnectionPool> _closed = [];
    private readonly int _size;
    private IDisposable? _reservation;
    private long _doubleReturns;

    public PoolHistory(int seed)
    {
        _random = new Random(seed);
        _size = _random.Next(1, 7);
        _permits = new PoolPermits(_random.Next(1, _size + 3));
        var options = new PoolOptions
        {
            Size = _size,
            Min = _random.Next(0, _size + 1),
            IdleTimeout = TimeSpan.FromSeconds(40),
            MaxLifetime = TimeSpan.FromMinutes(2),
        };
        _pools = [.. Enumerable.Range(0, 2).Select(n => new ConnectionPool($"generation {n}", _source, options, _permits, _clock))];
    }

    public List<string> Trail { get; } = [];

    public async Task StepAsync()
    {
        var (heldBefore, limitBefore) = (_permits.Held, _permits.Limit);
        Caller? cancelled = null;
        switch (_random.Next(20))
        {
            case <= 5:
                Note("rent");
                Rent(Any(_pools));
                break;
            case <= 8 when _rented.Count > 0:
                Note("return");
                End(static (pool, rental) => pool.Return(rental));
                break;
            case 9 when _rented.Count > 0:
                Note("drop");
                End(static (pool, rental) => pool.Drop(rental));
                break;
            case 10 when _ended.Count > 0:
                Note("return again");
                var (ended, again) = Any(_ended);
                _doubleReturns++;
                ended.Return(again);
                break;
            case 11 when _waiting.Count > 0:
                Note("cancel");
                cancelled = Any(_waiting);
                cancelled.Cancellation.Cancel();
                break;
            case 12:
                Note("time");
                _clock.Advance(TimeSpan.FromSeconds(_random.Next(4) switch { 0 => 20, 1 => 6, _ => 0.3 }));
                break;
            case 13 or 14 or 15 when _source.Opens > 0:
                Note("open");
                _source.FinishOpen(_random.Next(_source.Opens));
                break;
            case 16 when _source.Opens > 0:
                Note("open fails");
                _source.FailOpen(new IOException("Refused."), _random.Next(_source.Opens));
                break;
            case 17 when _source.Checks > 0:
                Note("check");
                _source.FinishCheck(new ConnectionHealth(_random.Next(3) > 0), _random.Next(_source.Checks));
                break;
            case 18 when _source.Closes > 0:
                Note("close connection");
                _source.FinishClose(null, _random.Next(_source.Closes));
                break;
            case 19 when _random.Next(20) == 0:
                Note("close pool");
                Close(Any(_pools));
                break;
            case 19 when _random.Next(4) == 0:
                Note("limit");
                ChangeLimit();
                break;
        }

        await _source.SettleAsync(_pools);
        Collect(cancelled);
        var limit = Math.Max(limitBefore, _permits.Limit);
        Assert.True(_permits.Held <= Math.Max(heldBefore, limit), $"{_permits.Held} permits are held; {limit} is the limit.");
        AssertInvariants();
    }

    public async Task EndAsync()
    {
        Note("end");
        _pools.ForEach(Close);
        Collect(null);
        Assert.Empty(_waiting);
        while (_rented.Count > 0)
        {
            End(static (pool, rental) => pool.Return(rental));
        }

        while (_permits.Held > 0)
        {
            await _source.SettleAsync(_pools);
            Assert.True(_source.Opens + _source.Checks + _source.Closes > 0, "Permits are held and nothing is under way.");
            if (_source.Opens > 0)
            {
                _source.FinishOpen();
            }
            else if (_source.Checks > 0)
            {
                _source.FinishCheck(ConnectionHealth.Healthy);
            }
            else
            {
                _source.FinishClose();
            }
        }

        foreach (var pool in _pools)
        {
            await pool.DrainedAsync(CancellationToken.None);
            var statistics = pool.GetStatistics();
            Assert.Equal((0, statistics.Opened), (statistics.Total, statistics.Closed));
        }

        Assert.Empty(_source.Open);
        Assert.Equal(_doubleReturns, _pools.Sum(pool => pool.GetStatistics().DoubleReturns));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    private void Rent(ConnectionPool pool)
    {
        var cancellation = new CancellationTokenSource();
        _waiting.Add(new Caller(pool, cancellation, pool.RentAsync(cancellation.Token)));
    }

    private void End(Action<ConnectionPool, Rental> end)
    {
        var index = _random.Next(_rented.Count);
        var (pool, rental) = _rented[index];
        _rented.RemoveAt(index);
        _ended.Add((pool, rental));
        end(pool, rental);
    }

    private void Close(ConnectionPool pool)
    {
        _closed.Add(pool);
        pool.Close();
    }

    private void ChangeLimit()
    {
        if (_reservation is not null)
        {
            _reservation.Dispose();
            _reservation = null;
        }
        else if (_random.Next(2) == 0)
        {
            _reservation = _permits.Reserve(_random.Next(1, 4));
        }
        else
        {
            _permits.Resize(_random.Next(1, 8));
        }
    }

    /// <summary>Takes out the callers whose wait has ended. Nobody but one who cancelled ends before one who came earlier.</summary>
    private void Collect(Caller? cancelled)
    {
        foreach (var pool in _pools)
        {
            var earlierWaits = false;
            foreach (var caller in _waiting.Where(caller => caller.Pool == pool).ToList())
            {
                if (!caller.IsDecided)
                {
                    Assert.NotSame(cancelled, caller);
                    earlierWaits = true;
                    continue;
                }

                _waiting.Remove(caller);
                Assert.True(!earlierWaits || caller == cancelled, "A caller was served before one who had come earlier.");
                Take(caller, cancelled);
            }
        }
    }

    private void Take(Caller caller, Caller? cancelled)
    {
        try
        {
            if (caller.TakeResult() is { } rental)
            {
                Assert.DoesNotContain(rental.Connection, _rented.Select(other => other.Rental.Connection));
                Assert.Contains(rental.Connection, _source.Open);
                _rented.Add((caller.Pool, rental));
            }
            else
            {
                Assert.Contains(caller.Pool, _closed);
            }
        }
        catch (OperationCanceledException error)
        {
            Assert.Same(cancelled, caller);
            Assert.Equal(caller.Cancellation.Token, error.CancellationToken);
        }
        catch (Exception error) when (error is IOException or PoolExhaustedException)
        {
            Assert.NotSame(cancelled, caller);
        }
    }

    private void AssertInvariants()
    {
        var total = 0;
        foreach (var pool in _pools)
        {
            var s = pool.GetStatistics();
            total += s.Total;
            Assert.Equal(s.Total, s.Idle + s.InUse + s.Opening + s.Checking + s.Closing);
            Assert.Equal(_rented.Count(rented => rented.Pool == pool), s.InUse);
            Assert.Equal(_waiting.Count(caller => caller.Pool == pool), s.Waiting);
            Assert.True(s.Total <= _size && s.Opening <= 4, $"{s.Total} connections, {s.Opening} opening.");
            Assert.True(!_closed.Contains(pool) || s.Idle + s.Waiting == 0, "A closed pool keeps callers or connections.");
            var comesFree = s.InUse + s.Opening + s.Checking + s.Closing > 0;
            Assert.True(s.Waiting == 0 || comesFree || _permits.Held >= _permits.Limit, "Callers wait for nothing.");
        }

        Assert.Equal(total, _permits.Held);
    }

    private void Note(string step) => Trail.Add(step);

    private T Any<T>(List<T> list) => list[_random.Next(list.Count)];

    /// <summary>A caller with the pool's own result, which shows at once what was decided; a task made of it would lag behind.</summary>
    private sealed class Caller(ConnectionPool pool, CancellationTokenSource cancellation, ValueTask<Rental?> result)
    {
        public ConnectionPool Pool => pool;

        public CancellationTokenSource Cancellation => cancellation;

        public bool IsDecided => result.IsCompleted;

        public Rental? TakeResult() => result.GetAwaiter().GetResult();
    }
}
