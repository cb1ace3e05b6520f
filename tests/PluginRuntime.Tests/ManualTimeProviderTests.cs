namespace PluginRuntime.Tests;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<(string Name, TimeSpan At)> _fired = [];

    [Fact]
    public void Advance_SeveralTimersDue_FireInOrderEachAtItsDueTime()
    {
        using var late = Timer("late", Seconds(3));
        using var early = Timer("early", Seconds(1));
        using var tie = Timer("tie", Seconds(3));
        using var never = Timer("never", Seconds(9));

        _clock.Advance(Seconds(5));

        Assert.Equal([("early", Seconds(1)), ("late", Seconds(3)), ("tie", Seconds(3))], _fired);
        Assert.Equal(Seconds(5), _clock.Elapsed);
        Assert.Equal(Seconds(4), _clock.NextDue);
    }

    [Fact]
    public void Advance_PeriodicTimer_FiresOncePerPeriodUntilDisposed()
    {
        var timer = Timer("tick", Seconds(1), Seconds(2));

        _clock.Advance(Seconds(6));
        timer.Dispose();
        _clock.Advance(Seconds(6));

        Assert.Equal([("tick", Seconds(1)), ("tick", Seconds(3)), ("tick", Seconds(5))], _fired);
        Assert.False(timer.Change(Seconds(1), Timeout.InfiniteTimeSpan));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public void Advance_CallbackSetsATimer_FiresItInTheSameAdvance()
    {
        using var first = _clock.CreateTimer(_ => Timer("second", Seconds(1)), null, Seconds(1), Timeout.InfiniteTimeSpan);

        _clock.Advance(Seconds(2));

        Assert.Equal([("second", Seconds(2))], _fired);
    }

    [Fact]
    public void CreateTimer_DueAtOnce_FiresAtTheNextAdvanceNotInTheCall()
    {
        using var timer = Timer("now", TimeSpan.Zero);
        Assert.Empty(_fired);

        _clock.Advance(TimeSpan.Zero);

        Assert.Equal([("now", TimeSpan.Zero)], _fired);
    }

    [Fact]
    public async Task TaskDelay_OnThisClock_EndsWhenItsTimeHasCome()
    {
        var delay = Task.Delay(Seconds(2), _clock, CancellationToken.None);
        await _clock.WhenArmedAsync(1);

        _clock.Advance(Seconds(2) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));

        await delay;
        Assert.Equal(Seconds(2), _clock.GetElapsedTime(0));
    }

    [Fact]
    public async Task Advance_FromManyThreads_AddsUp()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                _clock.Advance(Seconds(1));
            }
        })));

        Assert.Equal(Seconds(800), _clock.Elapsed);
    }

    private ITimer Timer(string name, TimeSpan due, TimeSpan? period = null) =>
        _clock.CreateTimer(_ => _fired.Add((name, _clock.Elapsed)), null, due, period ?? Timeout.InfiniteTimeSpan);

    private static TimeSpan Seconds(double value) => TimeSpan.FromSeconds(value);
}
