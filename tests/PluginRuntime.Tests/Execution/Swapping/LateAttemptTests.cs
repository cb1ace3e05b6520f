using System.Buffers;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Manifests;
using PluginRuntime.Tests.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>Attempts that outlive the drain deadline of their version.</summary>
public sealed class LateAttemptTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _clock = new();
    private readonly InstanceSlot _slot;

    public LateAttemptTests() => _slot = new("p", _clock);

    [Fact]
    public async Task RetireAsync_AttemptsRunOn_TheyAreCancelledToldWhyAndCounted()
    {
        var entered = new SemaphoreSlim(0);
        var old = Create(1, isIdempotent: false, NeverEnds(entered));
        _slot.Publish(old);
        var calls = new[] { CallAsync(), CallAsync() };
        await EnteredAsync(entered, calls.Length);
        _slot.Publish(Create(2, isIdempotent: false, Answers));

        var retiring = old.RetireAsync();
        _clock.Advance(old.Settings.DrainTimeout);

        foreach (var call in calls)
        {
            var failure = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WaitAsync(_patience));
            Assert.Contains("version 1.0.0 was retired and its drain timeout had passed", failure.Message, StringComparison.Ordinal);
            Assert.True(failure.WasSent);
        }

        var report = await retiring.WaitAsync(_patience);
        Assert.Equal((false, 2, 0), (report.Drained, report.LateAttempts, report.AbandonedAttempts));
        Assert.Equal(new(0, 2), old.Calls);
    }

    [Fact]
    public async Task RetireAsync_AttemptRunsOnAndMayRunTwice_CallGoesOnWithTheNextVersion()
    {
        var entered = new SemaphoreSlim(0);
        var old = Create(1, isIdempotent: true, NeverEnds(entered));
        _slot.Publish(old);
        var call = CallAsync();
        await EnteredAsync(entered, 1);
        var next = Create(2, isIdempotent: true, Answers);
        _slot.Publish(next);

        var retiring = old.RetireAsync();
        _clock.Advance(old.Settings.DrainTimeout);
        await _clock.WhenArmedAsync(1);
        using var patience = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!call.IsCompleted)
        {
            // The wait before the retry begins on another thread. Only short waits are ended: the limits of what a busy machine does late are not.
            Assert.False(patience.IsCancellationRequested, "The call does not go on.");
            await Task.Yield();
            if (_clock.NextDue is { } due && due <= ForeignCall.Grace)
            {
                _clock.Advance(due);
            }
        }

        Assert.Equal("2", await call);
        Assert.Equal(1, (await retiring.WaitAsync(_patience)).LateAttempts);
        Assert.Equal((new(0, 0), new(1, 0)), (old.Calls, next.Calls));
    }

    [Fact]
    public async Task RetireAsync_AttemptHasAThreadInTheConnector_ConnectorEndsAfterIt()
    {
        using var entered = new SemaphoreSlim(0);
        using var leaves = new ManualResetEventSlim();
        var order = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var old = Create(1, isIdempotent: false, new ScriptedConnector
        {
            Act = (output, _) =>
            {
                entered.Release();
                leaves.Wait(CancellationToken.None);
                order.Enqueue("attempt");
                return Answers(output, CancellationToken.None);
            },
            Destroy = () =>
            {
                order.Enqueue("end");
                return default;
            },
        });
        _slot.Publish(old);
        var call = Task.Run(CallAsync);
        await EnteredAsync(entered, 1);

        var retiring = old.RetireAsync();
        _clock.Advance(old.Settings.DrainTimeout);
        for (var look = 0; look < 20; look++)
        {
            _clock.Advance(ForeignCall.Grace);
            await Task.Yield();
        }

        leaves.Set();

        await retiring.WaitAsync(_patience);
        Assert.Equal(["attempt", "end"], order);
        await call.WaitAsync(_patience);
    }

    [Fact]
    public async Task GiveBack_ConnectorIsGone_ConnectionIsClosedAllTheSame()
    {
        var connection = new Closeable();
        var border = new Border("p", new ScriptedConnector { Open = () => new(connection) }, new(), Redaction.None, TimeProvider.System);
        var pool = new ConnectionPool("p", border, new() { Size = 1, Min = 0 }, new PoolPermits(1), TimeProvider.System);
        var rental = (await pool.RentAsync(CancellationToken.None))!.Value;
        pool.Close();
        border.Release();

        pool.Return(rental);

        await pool.DrainedAsync(CancellationToken.None).WaitAsync(_patience);
        Assert.True(connection.IsClosed);
        Assert.Equal(0, pool.GetStatistics().CloseFailures);
    }

    private static Func<IBufferWriter<byte>, CancellationToken, ValueTask> NeverEnds(SemaphoreSlim entered) => async (_, cancellationToken) =>
    {
        entered.Release();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    };

    private static ValueTask Answers(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write("2"u8);
        return default;
    }

    private static async Task EnteredAsync(SemaphoreSlim entered, int times)
    {
        for (var time = 0; time < times; time++)
        {
            Assert.True(await entered.WaitAsync(_patience));
        }
    }

    private async Task<string> CallAsync()
    {
        var output = new ArrayBufferWriter<byte>();
        await new Caller(_clock).InvokeAsync(_slot, "act", default, output, null, CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private Generation Create(int number, bool isIdempotent, Func<IBufferWriter<byte>, CancellationToken, ValueTask> act) =>
        Create(number, isIdempotent, new ScriptedConnector { Act = act });

    // The attempt timeout is longer than the drain's, which a configuration cannot say: or only an attempt that ignores it would be late.
    private Generation Create(int number, bool isIdempotent, ScriptedConnector connector)
    {
        var settings = new CallSettings { AttemptTimeout = TimeSpan.FromSeconds(20), DrainTimeout = TimeSpan.FromSeconds(3), Timeout = TimeSpan.FromSeconds(60) };
        var version = SemanticVersion.Parse($"{number}.0.0");
        var border = new Border("p", connector, settings, Redaction.None, _clock);
        var manifest = new ConnectorManifest
        {
            Id = "scripted",
            Name = "Scripted",
            Version = version,
            Actions = [new() { Id = "act", Name = "act", Idempotent = isIdempotent }],
        };
        var pool = new ConnectionPool("p", border, new() { Size = 2, Min = 0 }, new PoolPermits(2), _clock);
        return new(
            number, "p", new("scripted", version, new string('a', 64)), manifest, border, pool, settings, new RecordedOutcomes(),
            PluginRuntime.Credentials.InstanceCredential.None, new(), _clock);
    }

    private sealed class Closeable : IDisposable
    {
        internal bool IsClosed { get; private set; }

        public void Dispose() => IsClosed = true;
    }
}
