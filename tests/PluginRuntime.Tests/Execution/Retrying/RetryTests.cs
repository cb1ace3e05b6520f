using System.Net.Sockets;
using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Tests.Execution.Retrying;

public sealed class RetryTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<RetryAttempt> _retries = [];
    private int _attempts;

    [Fact]
    public async Task ExecuteAsync_Succeeds_ReturnsTheResultOfTheFirstAttempt()
    {
        var result = await Retry.ExecuteAsync(_ => ValueTask.FromResult(++_attempts * 10), null, _clock);

        Assert.Equal(10, result);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_FailsTwice_WaitsForTheBackoffBeforeEachRetry()
    {
        var execution = RunAsync(_ => ++_attempts < 3 ? throw new IOException("broken pipe") : ValueTask.FromResult("done"));

        for (var retry = 0; retry < 2; retry++)
        {
            await _clock.WhenArmedAsync(1);
            Assert.Equal(retry + 1, _attempts);
            var delay = _retries[retry].Delay;
            Assert.Equal(retry, _retries[retry].Retry);
            Assert.IsType<IOException>(_retries[retry].Error);
            Assert.InRange(delay, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200 << retry));
            _clock.Advance(delay + TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal("done", await execution);
        Assert.Equal(3, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_AlwaysFails_ThrowsTheLastErrorAfterMaxRetries()
    {
        var execution = RunAsync(_ => throw new IOException($"attempt {++_attempts}"));

        for (var retry = 0; retry < 3; retry++)
        {
            await _clock.WhenArmedAsync(1);
            _clock.Advance(_retries[retry].Delay + TimeSpan.FromMilliseconds(1));
        }

        var error = await Assert.ThrowsAsync<IOException>(() => execution);
        Assert.Equal("attempt 4", error.Message);
        Assert.Equal([0, 1, 2], _retries.Select(retry => retry.Retry));
    }

    [Fact]
    public async Task ExecuteAsync_NoRetriesAllowed_RunsOnce()
    {
        await Assert.ThrowsAsync<IOException>(() => RunAsync(
            _ => throw new IOException($"attempt {++_attempts}"), RetryOptions.Default with { MaxRetries = 0 }));

        Assert.Equal(1, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_RetryAfterIsLonger_WaitsForIt()
    {
        var asked = TimeSpan.FromMinutes(2);
        var execution = RunAsync(_ => ++_attempts == 1 ? throw new LimitedException(asked) : ValueTask.FromResult("done"));
        await _clock.WhenArmedAsync(1);

        Assert.Equal(asked, _retries[0].Delay);
        Assert.InRange(_clock.NextDue!.Value, asked, asked + TimeSpan.FromMilliseconds(1));
        _clock.Advance(asked + TimeSpan.FromMilliseconds(1));

        Assert.Equal("done", await execution);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(0)]
    [InlineData(null)]
    public async Task ExecuteAsync_RetryAfterIsShorterThanTheBackoff_WaitsForTheBackoff(int? milliseconds)
    {
        TimeSpan? asked = milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null;
        var execution = RunAsync(_ => ++_attempts == 1 ? throw new LimitedException(asked) : ValueTask.FromResult("done"));
        await _clock.WhenArmedAsync(1);

        Assert.InRange(_retries[0].Delay, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("done", await execution);
    }

    [Fact]
    public async Task ExecuteAsync_SenselessRetryAfter_WaitsForADay()
    {
        using var caller = new CancellationTokenSource();
        var execution = RunAsync(_ => throw new LimitedException(TimeSpan.MaxValue), cancellationToken: caller.Token);
        await _clock.WhenArmedAsync(1);

        Assert.Equal(TimeSpan.FromDays(1), _retries[0].Delay);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => execution);
    }

    [Fact]
    public async Task ExecuteAsync_CallerCancelsDuringTheDelay_StopsAtOnce()
    {
        using var caller = new CancellationTokenSource();
        var execution = RunAsync(_ => throw new IOException($"attempt {++_attempts}"), cancellationToken: caller.Token);
        await _clock.WhenArmedAsync(1);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => execution);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_CallerCancelsDuringAnAttempt_IsNotRetriedWhateverThePredicateSays()
    {
        using var caller = new CancellationTokenSource();
        var everything = RetryOptions.Default with { ShouldRetry = _ => true };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            token =>
            {
                _attempts++;
                caller.Cancel();
                token.ThrowIfCancellationRequested();
                return ValueTask.FromResult("never");
            },
            everything,
            caller.Token));

        Assert.Equal(1, _attempts);
        Assert.Empty(_retries);
    }

    [Fact]
    public async Task ExecuteAsync_CancelledAlready_DoesNotRun()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            _ => ValueTask.FromResult($"attempt {++_attempts}"), cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal(0, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_OwnPredicate_DecidesAlone()
    {
        var onlyArguments = RetryOptions.Default with { ShouldRetry = error => error is ArgumentException, BaseDelay = TimeSpan.Zero };

        await Assert.ThrowsAsync<IOException>(() => RunAsync(
            _ => ++_attempts == 1 ? throw new ArgumentException("retried") : throw new IOException("not retried"), onlyArguments));

        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task ExecuteAsync_OptionOutOfRange_NamesItAndDoesNotRun()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RunAsync(
            _ => ValueTask.FromResult($"attempt {++_attempts}"), RetryOptions.Default with { MaxRetries = -1 }));

        Assert.Contains("maxRetries is -1; 0 to 1000 is accepted.", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _attempts);
    }

    [Fact]
    public void Validate_SeveralOptionsOutOfRange_ListsThemAll()
    {
        var options = new RetryOptions { MaxRetries = 1001, BaseDelay = TimeSpan.FromTicks(-1), MaxDelay = TimeSpan.FromDays(2) };

        Assert.Equal(["/retry/maxRetries", "/retry/baseDelay", "/retry/maxDelay"], options.Validate("/retry").Select(error => error.Pointer));
        Assert.Empty(RetryOptions.Default.Validate("/retry"));
    }

    [Fact]
    public void IsTransient_KnownFailures_AreToldApart()
    {
        Exception[] transient =
            [new LimitedException(null), new HttpRequestException(), new IOException(), new SocketException(), new TimeoutException()];
        Exception[] lasting =
            [new LastingException(), new OperationCanceledException(), new TaskCanceledException(), new InvalidOperationException()];

        Assert.All(transient, error => Assert.True(RetryOptions.IsTransient(error)));
        Assert.All(lasting, error => Assert.False(RetryOptions.IsTransient(error)));
    }

    private Task<string> RunAsync(
        Func<CancellationToken, ValueTask<string>> operation, RetryOptions? options = null, CancellationToken cancellationToken = default) =>
        Retry.ExecuteAsync(
            operation, (options ?? RetryOptions.Default) with { OnRetry = _retries.Add }, _clock, cancellationToken).AsTask();

    private sealed class LimitedException(TimeSpan? retryAfter) : PluginRuntimeException("test.limited", "Come back later."), IHasRetryAfter
    {
        public TimeSpan? RetryAfter { get; } = retryAfter;

        public override bool IsTransient => true;
    }

    private sealed class LastingException() : PluginRuntimeException("test.lasting", "It stays so.");
}
