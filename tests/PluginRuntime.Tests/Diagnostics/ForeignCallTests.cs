using PluginRuntime.Diagnostics;

namespace PluginRuntime.Tests.Diagnostics;

public sealed class ForeignCallTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task RunAsync_Completes_GivesTheResultAndLeavesNoTimer()
    {
        Assert.Equal(7, await ForeignCall.RunAsync(_ => new ValueTask<int>(7), _deadline, _clock, CancellationToken.None));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task RunAsync_Throws_PassesItThrough()
    {
        var failure = await Assert.ThrowsAsync<FormatException>(
            () => ForeignCall.RunAsync<int>(_ => throw new FormatException("bad"), _deadline, _clock, CancellationToken.None));

        Assert.Equal("bad", failure.Message);
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task RunAsync_CancelsItselfWithoutReason_IsItsOwnFailure() =>
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => ForeignCall.RunAsync<int>(_ => throw new OperationCanceledException("mine"), _deadline, _clock, CancellationToken.None));

    [Fact]
    public async Task RunAsync_HonoursItsToken_TimesOutNotAbandoned()
    {
        var call = ForeignCall.RunAsync(WaitAsync, _deadline, _clock, CancellationToken.None);

        _clock.Advance(_deadline);

        Assert.False((await Assert.ThrowsAsync<ForeignTimeoutException>(() => call)).IsAbandoned);
    }

    [Fact]
    public async Task RunAsync_EndsWellAtTheLastMoment_GivesTheResult()
    {
        var call = ForeignCall.RunAsync(
            async token =>
            {
                try
                {
                    await WaitAsync(token);
                }
                catch (OperationCanceledException)
                {
                }

                return 7;
            },
            _deadline,
            _clock,
            CancellationToken.None);

        _clock.Advance(_deadline);

        Assert.Equal(7, await call);
    }

    [Fact]
    public async Task RunAsync_IgnoresItsToken_IsAbandonedAfterTheGrace()
    {
        var never = new TaskCompletionSource<int>();
        var call = ForeignCall.RunAsync(_ => new ValueTask<int>(never.Task), _deadline, _clock, CancellationToken.None);

        _clock.Advance(_deadline);
        await EndGraceAsync(call);

        var failure = await Assert.ThrowsAsync<ForeignTimeoutException>(() => call);
        Assert.True(failure.IsAbandoned);
        Assert.Equal("It did not end within 10 s and ignored its cancellation.", failure.Message);
    }

    [Fact]
    public async Task RunAsync_Blocks_IsAbandonedAndTheCallerWasNeverBlocked()
    {
        using var release = new ManualResetEventSlim();
        var call = ForeignCall.RunAsync(
            _ =>
            {
                release.Wait(CancellationToken.None);
                return new ValueTask<int>(0);
            },
            _deadline,
            _clock,
            CancellationToken.None);
        Assert.False(call.IsCompleted);

        _clock.Advance(_deadline);
        await EndGraceAsync(call);

        Assert.True((await Assert.ThrowsAsync<ForeignTimeoutException>(() => call)).IsAbandoned);
        release.Set();
    }

    [Fact]
    public async Task RunAsync_CallerGivesUp_IsCancelledNotTimedOut()
    {
        using var giveUp = new CancellationTokenSource();
        var call = ForeignCall.RunAsync(WaitAsync, _deadline, _clock, giveUp.Token);

        await giveUp.CancelAsync();

        Assert.Equal(giveUp.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call)).CancellationToken);
    }

    [Fact]
    public async Task RunAsync_RegistrationThrows_NeitherClockNorCallerGetsIt()
    {
        using var giveUp = new CancellationTokenSource();
        var registered = new TaskCompletionSource();
        async ValueTask<int> RegisterAsync(CancellationToken token)
        {
            token.Register(() => throw new FormatException("thrown by a registration"));
            registered.SetResult();
            return await WaitAsync(token);
        }

        var late = ForeignCall.RunAsync(RegisterAsync, _deadline, _clock, CancellationToken.None);
        await registered.Task;
        _clock.Advance(_deadline);
        await Assert.ThrowsAsync<ForeignTimeoutException>(() => late);

        registered = new();
        var left = ForeignCall.RunAsync(RegisterAsync, _deadline, _clock, giveUp.Token);
        await registered.Task;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
    }

    [Fact]
    public async Task RunAsync_CallersContext_DoesNotFlow()
    {
        var local = new AsyncLocal<string> { Value = "host" };

        Assert.Null(await ForeignCall.RunAsync(_ => new ValueTask<string?>(local.Value), _deadline, _clock, CancellationToken.None));
        Assert.Equal("host", local.Value);
    }

    private static async ValueTask<int> WaitAsync(CancellationToken token)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        return 0;
    }

    // The grace begins on another thread than the clock's.
    private async Task EndGraceAsync(Task call)
    {
        while (!call.IsCompleted)
        {
            _clock.Advance(ForeignCall.Grace);
            await Task.Yield();
        }
    }
}
