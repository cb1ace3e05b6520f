using System.Buffers;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Execution;

/// <summary>What a connector does with the tokens it gets must not hold up its host.</summary>
public sealed class GenerationTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RetireAsync_LifetimeCallbackBlocks_EndsAndSaysSo()
    {
        using var release = new ManualResetEventSlim();
        using var lifetime = new CancellationTokenSource();
        lifetime.Token.Register(release.Wait);
        var generation = Create(new ScriptedConnector(), lifetime);

        var report = await generation.RetireAsync().WaitAsync(_patience);

        release.Set();
        Assert.True(report.Drained);
        Assert.Contains(report.Failures, failure => failure.Contains("Lifetime", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RetireAsync_LifetimeCallbackThrows_EndsAndSaysSo()
    {
        using var lifetime = new CancellationTokenSource();
        lifetime.Token.Register(() => throw new InvalidOperationException("thrown by a callback"));
        var generation = Create(new ScriptedConnector(), lifetime);

        var report = await generation.RetireAsync().WaitAsync(_patience);

        Assert.Contains(report.Failures, failure => failure.Contains("thrown by a callback", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Invoke_CancellationCallbackBlocksOrThrows_DeadlineHolds(bool throws)
    {
        using var release = new ManualResetEventSlim();
        var registered = new TaskCompletionSource();
        var connector = new ScriptedConnector
        {
            Act = async (_, cancellationToken) =>
            {
                // After the host has begun to wait, so that this callback would be the first to run.
                await Task.Yield();
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
                cancellationToken.Register(throws ? () => throw new InvalidOperationException("thrown by a callback") : release.Wait);
                registered.SetResult();
                await new TaskCompletionSource().Task;
            },
        };
        using var lifetime = new CancellationTokenSource();
        var generation = Create(connector, lifetime);
        var slot = new InstanceSlot("p", TimeProvider.System);
        slot.Publish(generation);
        using var caller = new CancellationTokenSource();
        var call = new Caller(TimeProvider.System).InvokeAsync(slot, "act", default, new ArrayBufferWriter<byte>(), null, caller.Token).AsTask();
        await registered.Task;

        // The caller's own cancel neither blocks nor throws.
        await Task.Run(caller.Cancel).WaitAsync(_patience);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience));
        release.Set();
    }

    [Fact]
    public async Task Invoke_AttemptTimeoutAndCancellationCallbackBlocks_DeadlineHolds()
    {
        using var release = new ManualResetEventSlim();
        var connector = new ScriptedConnector
        {
            Act = async (_, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
                cancellationToken.Register(release.Wait);
                await new TaskCompletionSource().Task;
            },
        };
        using var lifetime = new CancellationTokenSource();
        var slot = new InstanceSlot("p", TimeProvider.System);
        slot.Publish(Create(connector, lifetime));

        var call = new Caller(TimeProvider.System).InvokeAsync(slot, "act", default, new ArrayBufferWriter<byte>(), null, CancellationToken.None);

        await Assert.ThrowsAsync<DeadlineExceededException>(() => call.AsTask().WaitAsync(_patience));
        release.Set();
    }

    [Fact]
    public async Task Initialize_CancellationCallbackBlocks_DeadlineHolds()
    {
        using var release = new ManualResetEventSlim();
        var pending = PluginRuntime.Diagnostics.ForeignCall.RunAsync<int>(
            async token =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
                token.Register(release.Wait);
                await new TaskCompletionSource().Task;
                return 0;
            },
            TimeSpan.FromMilliseconds(300),
            TimeProvider.System,
            CancellationToken.None);

        await Assert.ThrowsAsync<PluginRuntime.Diagnostics.ForeignTimeoutException>(() => pending.WaitAsync(_patience));
        release.Set();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Invoke_NoTimeLeft_FailsWithoutACall(int seconds)
    {
        var calls = 0;
        var connector = new ScriptedConnector
        {
            Act = (output, _) =>
            {
                calls++;
                output.Write("{}"u8);
                return default;
            },
        };
        using var lifetime = new CancellationTokenSource();
        var slot = new InstanceSlot("p", TimeProvider.System);
        slot.Publish(Create(connector, lifetime));

        var call = new Caller(TimeProvider.System).InvokeAsync(
            slot, "act", default, new ArrayBufferWriter<byte>(), new() { Timeout = TimeSpan.FromSeconds(seconds) }, CancellationToken.None);

        Assert.False((await Assert.ThrowsAsync<DeadlineExceededException>(call.AsTask)).WasSent);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task Invoke_OutputTooLarge_FailureHasNotPassedThroughTheConnector()
    {
        var border = new Border("p", new ScriptedConnector { Act = WriteTooMuch }, new CallSettings { MaxOutputBytes = 10 }, Redaction.None, TimeProvider.System);
        var connection = (OpenConnection)await border.OpenAsync(CancellationToken.None);

        var failure = await border.InvokeAsync(connection, "act", default, long.MaxValue, CancellationToken.None);

        // A stack trace with frames of the connector keeps its load context for as long as the caller keeps the exception.
        Assert.Equal("output.invalid", failure!.Cause!.Code);
        Assert.Contains("10 bytes", failure.Cause.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(WriteTooMuch), failure.Cause.StackTrace ?? "", StringComparison.Ordinal);
    }

    private static ValueTask WriteTooMuch(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.GetSpan(1_000_000);
        return default;
    }

    internal static Generation Create(IConnector connector, CancellationTokenSource lifetime)
    {
        var settings = new CallSettings
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(400),
            DrainTimeout = TimeSpan.FromMilliseconds(400),
            HookTimeout = TimeSpan.FromMilliseconds(300),
            Retry = new() { MaxRetries = 0 },
        };
        var border = new Border("p", connector, settings, Redaction.None, TimeProvider.System);
        var version = SemanticVersion.Parse("1.0.0");
        var manifest = new ConnectorManifest { Id = "scripted", Name = "Scripted", Version = version, Actions = [new() { Id = "act", Name = "act" }] };
        var pool = new ConnectionPool("p", border, new() { Size = 1, Min = 0 }, new PoolPermits(1), TimeProvider.System);
        return new(1, "p", new("scripted", version, new string('a', 64)), manifest, border, pool, settings, new RecordedOutcomes(), PluginRuntime.Credentials.InstanceCredential.None, lifetime, TimeProvider.System);
    }
}
