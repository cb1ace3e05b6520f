namespace PluginRuntime.Tests;

/// <summary>
/// A clock that moves only by <see cref="Advance"/>. Safe to use from many threads. Timers that come due fire in order of their due
/// time (ties in the order they were set), on the thread that advances, each while the clock shows its due time.
/// </summary>
/// <remarks>
/// A timer due at once (zero) fires at the next <see cref="Advance"/>, also at one by zero: never inside the call that sets it, so code
/// may set timers under its locks. Armed timers are kept alive, as the system's are; fired, stopped and disposed ones are not.
/// </remarks>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly Lock _advancing = new();
    private readonly SortedSet<ManualTimer> _armed_NeedsLock = new(ManualTimer.ByDueTime);
    private readonly List<(int AtLeast, TaskCompletionSource Reached)> _watchers_NeedsLock = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed_NeedsLock;
    private long _sequence_NeedsLock;

    /// <param name="start">What the clock shows first; 2030-01-01T00:00:00Z when not given.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _start = (start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUniversalTime();

    /// <summary>How far the clock has moved since it was made.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _elapsed_NeedsLock;
            }
        }
    }

    /// <summary>How many timers are armed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _armed_NeedsLock.Count;
            }
        }
    }

    /// <summary>How long until the next timer is due; null when none is armed.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_lock)
            {
                return _armed_NeedsLock.Min is { } next ? next.Due - _elapsed_NeedsLock : null;
            }
        }
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Moves the clock and fires what comes due on the way, also timers that callbacks set. Calls from several threads follow one
    /// another; a callback may advance too. What a callback throws comes out here, with the clock at that timer's due time.
    /// </summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_advancing)
        {
            var target = Elapsed + by;
            while (TakeDue(target) is { } timer)
            {
                timer.Fire();
            }
        }
    }

    /// <summary>Completes as soon as at least this many timers are armed: the signal that code under test has begun to wait.</summary>
    public Task WhenArmedAsync(int atLeast)
    {
        lock (_lock)
        {
            if (_armed_NeedsLock.Count >= atLeast)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _watchers_NeedsLock.Add((atLeast, reached));
            return reached.Task;
        }
    }

    internal void Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _armed_NeedsLock.Remove(timer);
            timer.Period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm_NeedsLock(timer, _elapsed_NeedsLock + dueTime);
            }
        }
    }

    private ManualTimer? TakeDue(TimeSpan target)
    {
        lock (_lock)
        {
            var next = _armed_NeedsLock.Min;
            if (next is null || next.Due > target)
            {
                // A callback that advanced too may have moved the clock past this target already.
                _elapsed_NeedsLock = Later(_elapsed_NeedsLock, target);
                return null;
            }

            _armed_NeedsLock.Remove(next);
            _elapsed_NeedsLock = Later(_elapsed_NeedsLock, next.Due);
            if (next.Period > TimeSpan.Zero)
            {
                Arm_NeedsLock(next, next.Due + next.Period);
            }

            return next;
        }
    }

    private void Arm_NeedsLock(ManualTimer timer, TimeSpan due)
    {
        timer.Due = due;
        timer.Sequence = _sequence_NeedsLock++;
        _armed_NeedsLock.Add(timer);
        for (var i = _watchers_NeedsLock.Count - 1; i >= 0; i--)
        {
            if (_armed_NeedsLock.Count >= _watchers_NeedsLock[i].AtLeast)
            {
                _watchers_NeedsLock[i].Reached.SetResult();
                _watchers_NeedsLock.RemoveAt(i);
            }
        }
    }

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;

    internal sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        /// <summary>What the system's timers accept at most.</summary>
        private static readonly TimeSpan _longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

        // As the system's timers do: callbacks run in the context of whoever made the timer.
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private volatile bool _disposed;

        public static IComparer<ManualTimer> ByDueTime { get; } = Comparer<ManualTimer>.Create(
            static (x, y) => (x.Due, x.Sequence).CompareTo((y.Due, y.Sequence)));

        // These three change only under the clock's lock, and the first two only while the timer is not in the sorted set.
        public TimeSpan Due { get; set; }

        public long Sequence { get; set; }

        public TimeSpan Period { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            ThrowIfOutOfRange(dueTime, nameof(dueTime));
            ThrowIfOutOfRange(period, nameof(period));
            if (_disposed)
            {
                return false;
            }

            clock.Set(this, dueTime, period);
            if (_disposed)
            {
                // Met a dispose between the check and the arming: the dispose wins.
                clock.Set(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return false;
            }

            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            clock.Set(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public void Fire()
        {
            if (_disposed)
            {
                return;
            }

            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, static timer => ((ManualTimer)timer!).Invoke(), this);
            }
        }

        private void Invoke() => callback(state);

        private static void ThrowIfOutOfRange(TimeSpan value, string name)
        {
            if (value != Timeout.InfiniteTimeSpan && (value < TimeSpan.Zero || value > _longest))
            {
                throw new ArgumentOutOfRangeException(name, value, "A timer takes 0 to 4294967294 ms, or Timeout.InfiniteTimeSpan.");
            }
        }
    }
}
