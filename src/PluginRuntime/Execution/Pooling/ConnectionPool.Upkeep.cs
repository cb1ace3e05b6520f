namespace PluginRuntime.Execution.Pooling;

/// <summary>What happens with time: one timer for acquire timeouts, lifetimes, pruning and the minimum, and a coarse clock.</summary>
internal sealed partial class ConnectionPool
{
    private static readonly TimeSpan _longestTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _checkAfterIdle = TimeSpan.FromSeconds(15);

    private readonly ITimer _timer;
    private readonly bool _hasCoarseClock;
    private readonly DateTimeOffset _startedAt;
    private readonly long _startStamp;
    private readonly TimeSpan _slotLength;
    private readonly IdleWindow _window = new();
    private TimeSpan _nextSlot;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private TimeSpan _suspectBefore;

    /// <summary>What was last known to work before this is checked before it is given out.</summary>
    private TimeSpan _freshFrom;

    /// <summary>
    /// Time since the pool was made, read at each tick and on the slow paths: at most about a second old, since reading the clock costs
    /// as much as renting.
    /// </summary>
    private TimeSpan _now;

    /// <summary>What the system's coarse counter, in milliseconds, showed just before.</summary>
    private long _nowTicks;

    /// <summary>The pool at this moment.</summary>
    public PoolStatistics GetStatistics()
    {
        using (_lock.EnterForLong())
        {
            return Statistics_NeedsLock(_open.ConvertAll(entry => new ConnectionStatistics(
                entry.InUse, _startedAt + entry.CreatedAt, _startedAt + entry.LastUsedAt, entry.Usages)));
        }
    }

    private PoolStatistics Statistics_NeedsLock(IReadOnlyList<ConnectionStatistics> connections) => new()
    {
        Size = _options.Size,
        Total = _total,
        Idle = _idle.Count,
        InUse = InUse_NeedsLock,
        Opening = _opening,
        Checking = _checking,
        Closing = _closing,
        Waiting = _waiters.Count,
        Opened = _opened,
        OpenFailures = _openFailures,
        CheckFailures = _checkFailures,
        Closed = _closedCount,
        CloseFailures = _closeFailures,
        Rents = _rentsOfClosed + _open.Sum(entry => entry.Usages),
        Timeouts = _timeouts,
        Cancellations = _cancellations,
        DoubleReturns = _doubleReturns,
        SpareRents = _spareRents,
        Leaks = _leaks,
        AwaitsPermit = _awaitsPermit,
        IsStarved = IsStarved_NeedsLock,
        LastOpenFailure = _openFailure?.Message,
        LastError = _lastError,
        Connections = connections,
    };

    private TimeSpan Now() => _time.GetElapsedTime(_startStamp);

    private void ReadClock_NeedsLock()
    {
        _nowTicks = _hasCoarseClock ? Environment.TickCount64 : 0;
        _now = Now();
        var idleFor = _now - _checkAfterIdle + TimeSpan.FromTicks(1);
        _freshFrom = idleFor > _suspectBefore ? idleFor : _suspectBefore;
    }

    /// <summary>Calls met connections that were broken: what is idle now is checked before it is given out again.</summary>
    public void Suspect()
    {
        using (_lock.Enter())
        {
            ReadClock_NeedsLock();
            _freshFrom = _suspectBefore = _now;
        }
    }

    private bool IsFresh_NeedsLock(PooledConnection entry) => entry.FreshAt >= _freshFrom;

    /// <summary>A random end in the last tenth of the longest life.</summary>
    private TimeSpan ExpiresAt(TimeSpan now) => _options.MaxLifetime == Timeout.InfiniteTimeSpan
        ? TimeSpan.MaxValue
        : now + (_options.MaxLifetime * (1 - (Random.Shared.NextDouble() * 0.1)));

    private void Tick()
    {
        var after = default(Aftermath);
        List<PendingLeak>? leaks;
        using (_lock.EnterForLong())
        {
            ReadClock_NeedsLock();
            if (!_closed)
            {
                FailLateCallers_NeedsLock(ref after);
                CloseExpired_NeedsLock();
                Prune_NeedsLock();
                Supply_NeedsLock(ref after);
            }

            leaks = FindLeaks_NeedsLock();
            _armedFor = TimeSpan.MaxValue;
            Arm_NeedsLock(NextTick_NeedsLock());
        }

        after.Run();
        leaks?.ForEach(Report);
    }

    // All callers wait for the same time, so the queue is in the order of deadlines as well.
    private void FailLateCallers_NeedsLock(ref Aftermath after)
    {
        while (_waiters.First is { } waiter && waiter.Deadline <= _now)
        {
            _timeouts++;
            var others = Statistics_NeedsLock([]) with { Waiting = _waiters.Count - 1 };
            Dismiss_NeedsLock(waiter, new PoolExhaustedException(_instance, others, _options.AcquireTimeout), ref after);
        }
    }

    private void CloseExpired_NeedsLock()
    {
        // Once round: what stays comes back to its place in the order.
        var kept = 0;
        for (var left = _idle.Count; left > 0; left--)
        {
            var entry = _idle.First!;
            _idle.RemoveFirst();
            if (entry.ExpiresAt > _now)
            {
                _idle.Add(entry);
                kept++;
            }
            else
            {
                _window.Forget(1);
                StartClose_NeedsLock(entry);
            }
        }

        _window.Observe(kept);
    }

    private void Prune_NeedsLock()
    {
        if (_now < _nextSlot)
        {
            return;
        }

        _nextSlot = _now + _slotLength;
        var notNeeded = _window.EndSlot(_idle.Count);
        var surplus = Math.Min(Math.Min(notNeeded, _idle.Count), _total - _closing - _min);
        _window.Forget(Math.Max(0, surplus));
        for (var i = 0; i < surplus; i++)
        {
            var entry = _idle.First!;
            TakeFirstIdle_NeedsLock();
            StartClose_NeedsLock(entry);
        }
    }

    private TimeSpan NextTick_NeedsLock()
    {
        var next = _now + (_slotLength < _longestTick ? _slotLength : _longestTick);
        if (_waiters.First is { } waiter && waiter.Deadline < next)
        {
            next = waiter.Deadline;
        }

        return _pace.PauseEnd(_now) is { } end && end < next ? end : next;
    }

    private void Arm_NeedsLock(TimeSpan at)
    {
        if (at >= _armedFor)
        {
            return;
        }

        // Rounded up to the timer's milliseconds: one that fires early would find nothing to do yet.
        _armedFor = at;
        var due = Math.Ceiling(Math.Max(0, (at - Now()).TotalMilliseconds));
        _timer.Change(TimeSpan.FromMilliseconds(due), Timeout.InfiniteTimeSpan);
    }
}
