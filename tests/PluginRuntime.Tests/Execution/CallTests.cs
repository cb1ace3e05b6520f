using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Execution;

/// <summary>What a caller gets from the call path, over a real connector in a real load context.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    public async Task InitializeAsync()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.StartProbeAsync(
            """{"pool":{"size":2,"min":1,"acquireTimeout":"200ms"},"retry":{"maxRetries":3,"baseDelay":"1ms","maxDelay":"5ms"},"attemptTimeout":"5s"}""");
        await _test.UntilVersionAsync("1.0.0");
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Theory]
    [InlineData("unavailable")]
    [InlineData("timeout")]
    [InlineData("rate")]
    public async Task Invoke_IdempotentActionFailsTwiceTransiently_IsRetriedAndSucceeds(string kind)
    {
        var answer = await _test.CallAsync("fail", $$"""{"kind":"{{kind}}","times":2}""");

        Assert.Equal(3, answer.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("input", "connector.input")]
    [InlineData("notFound", "connector.not-found")]
    [InlineData("conflict", "connector.conflict")]
    [InlineData("auth", "connector.auth")]
    [InlineData("bug", "connector.bug")]
    [InlineData("raw", "connector.bug")]
    public async Task Invoke_FailsForGood_IsNotRetried(string kind, string code)
    {
        var failure = await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("fail", $$"""{"kind":"{{kind}}","times":1}"""));

        Assert.Equal(code, failure.Code);
        Assert.Null(failure.InnerException);
    }

    [Fact]
    public async Task Invoke_NotIdempotentAndSent_IsNotRetried()
    {
        var failure = await Assert.ThrowsAsync<ConnectorFailedException>(
            () => _test.CallAsync("fail-once-only", """{"kind":"unavailable","times":1}"""));

        Assert.Equal((ConnectorErrorKind.Unavailable, true), (failure.Kind, failure.WasSent));
    }

    [Fact]
    public async Task Invoke_NotIdempotentButNeverSent_IsRetried()
    {
        var answer = await _test.CallAsync("fail-once-only", """{"kind":"unavailable","times":2,"wasSent":false}""");

        Assert.Equal(3, answer.GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task Invoke_MoreFailuresThanRetries_GivesTheLastOne()
    {
        var failure = await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("fail", """{"kind":"unavailable","times":9}"""));

        Assert.Equal("attempt 4 fails", failure.Message);
    }

    [Fact]
    public async Task Invoke_InputDoesNotFit_NamesTheFieldAndSendsNothing()
    {
        var failure = await Assert.ThrowsAsync<InputInvalidException>(() => _test.CallAsync("sleep", """{"millis":1}"""));

        Assert.Equal(["/millis", "/milliseconds"], failure.Errors.Select(error => error.Pointer).Order());
    }

    [Fact]
    public async Task Invoke_UnknownAction_NamesTheKnownOnes()
    {
        var failure = await Assert.ThrowsAsync<ActionUnknownException>(() => _test.CallAsync("nope"));

        Assert.Contains("who", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", "json.invalid")]
    [InlineData("liar", "schema.required")]
    public async Task Invoke_ConnectorAnswersNonsense_CallerGetsNoneOfIt(string action, string code)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();

        var failure = await Assert.ThrowsAsync<OutputInvalidException>(
            async () => await _test.Runtime.InvokeAsync("p", action, "{}"u8.ToArray(), output));

        Assert.Equal(code, Assert.Single(failure.Errors).Code);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public async Task Invoke_CallerTightensTheDeadline_EndsThen()
    {
        var failure = await Assert.ThrowsAsync<DeadlineExceededException>(
            () => _test.CallAsync("sleep", """{"milliseconds":60000}""", options: new() { Timeout = TimeSpan.FromMilliseconds(100) }));

        Assert.Contains("0.1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_CallerGivesUp_IsCancelledNotTimedOut()
    {
        using var cancel = new CancellationTokenSource();
        var call = _test.Runtime.InvokeAsync("p", "sleep", """{"milliseconds":60000}"""u8.ToArray(), new System.Buffers.ArrayBufferWriter<byte>(), null, cancel.Token).AsTask();
        await _test.UntilAsync(status => status.Pool is { InUse: 1 });

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _test.UntilAsync(status => status.Pool is { InUse: 0 });
    }

    [Fact]
    public async Task Invoke_PoolIsBusy_SaysSoWithItsKnob()
    {
        var busy = Enumerable.Range(0, 2).Select(_ => _test.CallAsync("sleep", """{"milliseconds":2000}""")).ToList();
        await _test.UntilAsync(status => status.Pool is { InUse: 2 });

        var failure = await Assert.ThrowsAsync<PoolExhaustedException>(() => _test.CallAsync("who"));

        Assert.Contains("pool.size", failure.Message, StringComparison.Ordinal);
        await Task.WhenAll(busy);
    }

    [Fact]
    public async Task Invoke_AfterAFailedAttempt_UncertainConnectionIsNotUsedAgain()
    {
        var before = (await _test.CallAsync("who")).GetProperty("connection").GetInt32();
        await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("fail-once-only", """{"kind":"bug","times":1}"""));

        var after = (await _test.CallAsync("who")).GetProperty("connection").GetInt32();

        Assert.NotEqual(before, after);
    }
}
