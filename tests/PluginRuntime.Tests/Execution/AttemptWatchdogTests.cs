using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution;

public sealed class AttemptWatchdogTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time = new();
    private readonly AttemptWatchdog _watchdog;
    private int _abandoned;

    public AttemptWatchdogTests() => _watchdog = new(_time, by => Interlocked.Add(ref _abandoned, by));

    [Fact]
    public void Begin_EndsInTime_TokenIsUsedAgainAndTheTimerCancelsNothing()
    {
        var first = Begin(seconds: 10);
        _watchdog.End(isAbandoned: false);
        _time.Advance(TimeSpan.FromSeconds(9));
        var second = Begin(seconds: 10);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(first, second);
        Assert.False(second.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.True(second.IsCancellationRequested);
    }

    [Fact]
    public void Begin_EndsInTime_WhatTheConnectorHungOnTheTokenIsGone()
    {
        var isCalled = false;
        Begin(seconds: 10).Register(() => isCalled = true);
        _watchdog.End(isAbandoned: false);
        var next = Begin(seconds: 1);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(next.IsCancellationRequested);
        Assert.False(isCalled);
    }

    [Fact]
    public void Begin_DeadlineBeforeTheOneOfTheLastAttempt_HoldsTheEarlierOne()
    {
        Begin(seconds: 10);
        _watchdog.End(isAbandoned: false);
        var token = Begin(seconds: 1);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(token.IsCancellationRequested);
        Assert.True(_watchdog.IsCancelled);
    }

    [Fact]
    public void End_AfterTheDeadline_NextAttemptHasATokenOfItsOwn()
    {
        var late = Begin(seconds: 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _watchdog.End(isAbandoned: false);

        var next = Begin(seconds: 1);

        Assert.True(late.IsCancellationRequested);
        Assert.False(next.IsCancellationRequested);
        Assert.False(_watchdog.IsCancelled);
    }

    [Fact]
    public void Begin_CallerGivesUp_TokenIsCancelled()
    {
        using var caller = new CancellationTokenSource();
        var token = _watchdog.Begin(At(seconds: 10), caller.Token);

        caller.Cancel();

        Assert.True(token.IsCancellationRequested);
    }

    [Fact]
    public void End_CallerGivesUpAfterwards_NextAttemptIsNotCancelled()
    {
        using var caller = new CancellationTokenSource();
        _watchdog.Begin(At(seconds: 10), caller.Token);
        _watchdog.End(isAbandoned: false);
        var next = Begin(seconds: 10);

        caller.Cancel();

        Assert.False(next.IsCancellationRequested);
    }

    [Fact]
    public void Cancel_NothingRuns_NextAttemptIsNotCancelled()
    {
        _watchdog.Cancel();

        Assert.False(Begin(seconds: 1).IsCancellationRequested);
    }

    [Fact]
    public async Task EndsAsync_EndsWithinTheGrace_IsNotGivenUp()
    {
        var foreign = new TaskCompletionSource();
        Begin(seconds: 1);
        var ends = _watchdog.EndsAsync(new(foreign.Task));
        _time.Advance(TimeSpan.FromSeconds(1) + (ForeignCall.Grace / 2));
        Assert.False(ends.IsCompleted);

        foreign.SetException(new OperationCanceledException());

        Assert.True(await ends.AsTask().WaitAsync(_patience));
        Assert.Equal(0, _abandoned);
    }

    [Fact]
    public async Task EndsAsync_GoesOnAfterTheGrace_IsGivenUpAndCountedUntilItEnds()
    {
        var foreign = new TaskCompletionSource();
        Begin(seconds: 1);
        var ends = _watchdog.EndsAsync(new(foreign.Task));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(ends.IsCompleted);

        _time.Advance(ForeignCall.Grace);

        Assert.False(await ends.AsTask().WaitAsync(_patience));
        _watchdog.End(isAbandoned: true);
        Assert.Equal(1, _abandoned);
        await EndAsync(() => foreign.SetException(new InvalidOperationException("nobody listens")));
        Assert.Equal(0, _abandoned);
    }

    [Fact]
    public async Task EndsAsync_ConnectorKeptTheThreadForTooLong_IsGivenUpAtOnce()
    {
        var foreign = new TaskCompletionSource();
        Begin(seconds: 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(ForeignCall.Grace);

        Assert.False(await _watchdog.EndsAsync(new(foreign.Task)));

        Assert.Equal(1, _abandoned);
        await EndAsync(foreign.SetResult);
        Assert.Equal(0, _abandoned);
    }

    [Fact]
    public async Task EndsAsync_SecondAttemptIsCancelledToo_HasAGraceOfItsOwn()
    {
        Begin(seconds: 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _watchdog.End(isAbandoned: false);
        _time.Advance(ForeignCall.Grace / 2);
        var foreign = new TaskCompletionSource();
        Begin(seconds: 1);
        _watchdog.Cancel();
        var ends = _watchdog.EndsAsync(new(foreign.Task));

        // The end of the first one's.
        _time.Advance(ForeignCall.Grace * 0.75);
        Assert.False(ends.IsCompleted);
        foreign.SetResult();

        Assert.True(await ends.AsTask().WaitAsync(_patience));
    }

    [Fact]
    public void Dispose_TimerIsArmed_NoneStays()
    {
        Begin(seconds: 1);

        _watchdog.Dispose();

        Assert.Equal(0, _time.ArmedTimers);
    }

    /// <summary>Somebody cancels again and again while attempts come and go: each cancel hits one attempt, whole, and no later one.</summary>
    [Fact]
    public async Task Cancel_WhileAttemptsComeAndGo_TokenAndMarkAgree()
    {
        using var watchdog = new AttemptWatchdog(TimeProvider.System, _ => { });
        using var over = new CancellationTokenSource();
        var canceller = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                watchdog.Cancel();
                Thread.SpinWait(20);
            }
        });
        var (cancelled, whole) = (0, 0);
        for (var i = 0; i < 200_000; i++)
        {
            var token = watchdog.Begin(long.MaxValue, CancellationToken.None);
            Thread.SpinWait(i % 40);

            // The token first: the mark comes before it.
            var (isToken, isMark) = (token.IsCancellationRequested, watchdog.IsCancelled);
            watchdog.End(isAbandoned: false);
            Assert.True(isMark || !isToken, "The token is cancelled, and the attempt is not.");
            (cancelled, whole) = (cancelled + (isToken ? 1 : 0), whole + (isMark ? 0 : 1));
        }

        await over.CancelAsync();
        await canceller;
        Assert.True(cancelled > 0 && whole > 0, $"{cancelled} cancelled, {whole} not: nothing was met.");
    }

    /// <summary>The timer fires while an attempt begins: one of the two sees the other, and the timer is armed for the attempt.</summary>
    [Fact]
    public async Task Begin_WhileTheTimerFires_TheTimerIsArmedAgain()
    {
        const int rounds = 30_000;
        var timer = new FiredByHand();
        using var watchdog = new AttemptWatchdog(timer, _ => { });
        watchdog.Begin(10, CancellationToken.None);
        watchdog.End(isAbandoned: false);
        var (begun, fired) = (0, 0);
        var firing = Task.Run(() =>
        {
            for (var round = 1; round <= rounds; round++)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref begun) >= round);
                timer.Fire();
                Volatile.Write(ref fired, round);
            }
        });
        var unarmed = 0;
        for (var round = 1; round <= rounds; round++)
        {
            Volatile.Write(ref begun, round);
            Thread.SpinWait(round % 50);
            watchdog.Begin(10, CancellationToken.None);
            SpinWait.SpinUntil(() => Volatile.Read(ref fired) == round);
            unarmed += timer.IsArmed ? 0 : 1;
            watchdog.End(isAbandoned: false);
        }

        await firing;
        Assert.Equal(0, unarmed);
    }

    // On the pool, where what waits for it goes on before it returns.
    private static Task EndAsync(Action end) => Task.Run(end);

    private CancellationToken Begin(int seconds) => _watchdog.Begin(At(seconds), CancellationToken.None);

    private long At(int seconds) => _time.GetTimestamp() + TimeSpan.FromSeconds(seconds).Ticks;

    /// <summary>A clock that stands, with one timer.</summary>
    private sealed class FiredByHand : TimeProvider, ITimer
    {
        private Action _callback = () => { };
        private volatile bool _isArmed;

        internal bool IsArmed => _isArmed;

        public override long GetTimestamp() => 1;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _isArmed = true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;

        internal void Fire()
        {
            _isArmed = false;
            _callback();
        }
    }
}
