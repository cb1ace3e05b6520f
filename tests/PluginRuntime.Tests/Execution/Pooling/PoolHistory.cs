using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>
/// A random history of two instances under one budget, one of which moves from generation to generation; the other part says what must
/// hold after each step.
/// </summary>
internal sealed partial class PoolHistory
{
    private static readonly TimeSpan _leakAfter = TimeSpan.FromSeconds(60);

    private readonly Random _random;
    private readonly ManualTimeProvider _clock = new();
    private readonly ManualConnectionSource _source = new();
    private readonly ConnectionBudget _budget;
    private readonly List<Member> _instances;
    private readonly List<Member> _pools = [];
    private readonly List<Caller> _waiting = [];
    private readonly List<Rented> _rented = [];
    private readonly List<Rented> _ended = [];
    private readonly List<Task> _minimums = [];
    private readonly HashSet<string> _reported = [];
    private bool _isOutage;
    private long _doubleReturns;
    private int _lastCaller;
    private long _lastPlace;

    public PoolHistory(int seed)
    {
        _random = new Random(seed);
        _budget = new ConnectionBudget(_random.Next(5) == 0 ? 0 : _random.Next(1, 10));
        _lastPlace = _budget.NextPlace(0);
        _instances = [NewInstance("x"), NewInstance("y")];
        _pools.AddRange(_instances);
    }

    public List<string> Trail { get; } = [];

    public async Task StepAsync()
    {
        var before = See();
        Caller? cancelled = null;
        TimeSpan? advanced = null;
        switch (_random.Next(24))
        {
            case <= 5:
                Note("rent");
                Rent(Any(_pools));
                break;
            case <= 8 when _rented.Count > 0:
                Note("return");
                End(static rented => rented.Pool.Return(rented.Rental));
                break;
            case 9 when _rented.Count > 0:
                Note("drop");
                End(static rented => rented.Pool.Drop(rented.Rental));
                break;
            case 10 when _ended.Count > 0:
                Note("end again");
                EndAgain();
                break;
            case 11 when _waiting.Count > 0:
                Note("cancel");
                cancelled = Any(_waiting);
                cancelled.Cancellation.Cancel();
                break;
            case 12 or 13:
                advanced = TimeSpan.FromSeconds(_random.Next(5) switch { 0 => 20, 1 => 6, 2 => 1, _ => 0.3 });
                Note($"{advanced.Value.TotalSeconds} s");
                _clock.Advance(advanced.Value);
                break;
            case 14 or 15 or 16 or 17 when _source.Opens > 0:
                FinishOpen(fails: _isOutage || _random.Next(8) == 0);
                break;
            case 18 when _source.Checks > 0:
                Note("check");
                _source.FinishCheck(new ConnectionHealth(_random.Next(3) > 0), _random.Next(_source.Checks));
                break;
            case 19 or 20 when _source.Closes > 0:
                Note("close connection");
                _source.FinishClose(_random.Next(5) == 0 ? new IOException("Not closed.") : null, _random.Next(_source.Closes));
                break;
            case 21:
                TakeSpare(Any(_pools));
                break;
            case 22 when _random.Next(4) == 0:
                Note("limit");
                ChangeLimit(Any(_instances));
                break;
            case 22:
                Note(_isOutage ? "outage ends" : "outage");
                _isOutage = !_isOutage && _random.Next(3) == 0;
                break;
            case 23 when _random.Next(8) == 0:
                Swap(_random.Next(_instances.Count));
                break;
            case 23 when _random.Next(20) == 0:
                Note("close pool");
                Close(Any(_pools));
                break;
        }

        await SettleAsync();
        var served = Collect(cancelled);
        AssertInvariants(before, See(), served, advanced);
    }

    /// <summary>When everything works again and is given back, everybody who waits is served or told, without time passing at first.</summary>
    public async Task CalmAsync()
    {
        Note("calm");
        _isOutage = false;
        for (var round = 0; _waiting.Count > 0; round++)
        {
            Assert.True(round < 300, "Callers are starved.");
            await FinishOneAsync();
            Collect(null);
            if (_rented.Count > 0)
            {
                End(static rented => rented.Pool.Return(rented.Rental));
            }
            else if (_source.Opens + _source.Checks + _source.Closes == 0)
            {
                _clock.Advance(TimeSpan.FromSeconds(0.3));
            }

            await SettleAsync();
            Collect(null);
        }
    }

    public async Task EndAsync()
    {
        Note("end");
        _pools.ForEach(Close);
        Collect(null);
        Assert.Empty(_waiting);
        while (_rented.Count > 0)
        {
            End(static rented => rented.Pool.Return(rented.Rental));
        }

        while (_budget.Held > 0)
        {
            await SettleAsync();
            Assert.True(_source.Opens + _source.Checks + _source.Closes > 0, "Permits are held and nothing is under way.");
            await FinishOneAsync();
        }

        foreach (var member in _pools)
        {
            await member.Pool.DrainedAsync(CancellationToken.None);
            var statistics = member.Pool.GetStatistics();
            Assert.Equal((0, statistics.Opened), (statistics.Total, statistics.Closed));
            Assert.Equal(0, member.Permits.Held);
        }

        foreach (var minimum in _minimums)
        {
            await minimum.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Assert.Empty(_source.Open);
        Assert.Equal((0, long.MaxValue), (_budget.Leaving, _budget.UnmetPlace));
        Assert.Equal(_doubleReturns, _pools.Sum(member => member.Pool.GetStatistics().DoubleReturns));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    private Member NewInstance(string name)
    {
        var size = _random.Next(1, 7);
        var options = new PoolOptions
        {
            Size = size,
            Min = _random.Next(0, size + 1),
            IdleTimeout = TimeSpan.FromSeconds(40),
            MaxLifetime = TimeSpan.FromMinutes(2),
        };
        return NewPool(name, options, new PoolPermits(_random.Next(1, size + 3), _budget));
    }

    private Member NewPool(string name, PoolOptions options, PoolPermits permits)
    {
        var watch = new LeakWatch
        {
            After = _leakAfter,
            Report = report => Assert.True(report.Borrower == "health check" || _reported.Add(report.Borrower), "A leak was reported twice."),
        };
        return new Member(name, options, permits, new ConnectionPool(name, _source, options, permits, _clock, watch));
    }

    private void Swap(int index)
    {
        if (_pools.Count > 5)
        {
            return;
        }

        Note("swap");
        var old = _instances[index];
        var reservation = old.Reservation ?? old.Permits.Reserve(old.Min);
        old.Reservation = null;
        var young = NewPool(old.Name + "'", old.Options, old.Permits);
        _minimums.Add(young.Pool.OpenMinimumAsync(CancellationToken.None));
        _instances[index] = young;
        _pools.Add(young);
        young.Reservation = reservation;
        if (_random.Next(2) == 0)
        {
            Close(old);
        }
    }

    private void Rent(Member member)
    {
        // The place that the caller gets, should it have to queue: that of its pool's last one, where nobody came to another pool since.
        var place = member.LastPlace == _lastPlace ? _lastPlace : _lastPlace + 1;
        var cancellation = new CancellationTokenSource();
        var name = $"caller {++_lastCaller}";
        var rent = member.Pool.RentAsync(name, cancellation.Token);

        // Of one who was answered at once it is not known whether it took a place, so that the next one gets a new one.
        _lastPlace = rent.IsCompleted ? _budget.NextPlace(0) : member.LastPlace = place;
        _waiting.Add(new Caller(member, name, place, _clock.Elapsed, cancellation, rent));
    }

    private void TakeSpare(Member member)
    {
        Note("spare");
        var before = member.Pool.GetStatistics();
        var couldOpen = before.Total < before.Size && member.Permits.HasRoom && before.LastOpenFailure is null;
        if (member.Pool.TryRentSpare() is not { } rental)
        {
            var mayBePaced = before.Opening > 0 || before.Opened == 0 || member.IsPaced(_clock.Elapsed);
            Assert.True(_closed.Contains(member) || before.Waiting > 0 || before.Idle == 0 || (before.Idle == 1 && (!couldOpen || mayBePaced)));
            return;
        }

        Assert.True(before.Waiting == 0 && (before.Idle > 1 || couldOpen), "The last connection was taken for a check.");
        Lend(member, rental, null);
    }

    private void End(Action<Rented> end)
    {
        var rented = Any(_rented);
        _rented.Remove(rented);
        _ended.Add(rented);
        end(rented);
    }

    private void EndAgain()
    {
        var ended = Any(_ended);
        switch (_random.Next(4))
        {
            case 0:
                ended.Pool.Drop(ended.Rental);
                break;
            case 1:
                ended.Pool.Abandon(ended.Rental);
                break;
            case 2 when Any(_pools).Pool is var other && other != ended.Pool:
                Assert.Throws<ArgumentException>(() => other.Return(ended.Rental));
                return;
            default:
                ended.Pool.Return(ended.Rental);
                break;
        }

        _doubleReturns++;
    }

    private void FinishOpen(bool fails)
    {
        Note(fails ? "open fails" : "open");
        var index = _random.Next(_source.Opens);
        if (fails)
        {
            _source.FailOpen(new IOException("Refused."), index);
        }
        else
        {
            _source.FinishOpen(index);
        }
    }

    private async Task FinishOneAsync()
    {
        await SettleAsync();
        if (_source.Opens > 0)
        {
            _source.FinishOpen();
        }
        else if (_source.Checks > 0)
        {
            _source.FinishCheck(ConnectionHealth.Healthy);
        }
        else if (_source.Closes > 0)
        {
            _source.FinishClose();
        }
    }

    private void Close(Member member)
    {
        _closed.Add(member);
        member.Pool.Close();
    }

    private void ChangeLimit(Member member)
    {
        if (member.Reservation is not null)
        {
            member.Reservation.Dispose();
            member.Reservation = null;
        }
        else if (_random.Next(2) == 0)
        {
            member.Reservation = member.Permits.Reserve(_random.Next(1, 4));
        }
        else
        {
            member.Permits.Resize(_random.Next(1, 8));
        }
    }

    private Task SettleAsync() => _source.SettleAsync([.. _pools.Select(member => member.Pool)]);

    private void Note(string step) => Trail.Add(step);

    private T Any<T>(List<T> list) => list[_random.Next(list.Count)];
}
