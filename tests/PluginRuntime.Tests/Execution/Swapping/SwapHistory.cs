using System.Globalization;
using System.Text;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>
/// A random history of one instance: calls, swaps one after the other, failures, time. Gate, generation, slot, pool, border and caller are the
/// real ones. A seed decides what happens and in which order; between steps it mostly waits until nothing moves any more, and sometimes it
/// does not, so that steps meet what those before have set off on other threads. The other part says what must hold.
/// </summary>
internal sealed partial class SwapHistory
{
    private readonly Random _random;
    private readonly Random _deafness_NeedsLock;
    private readonly ManualTimeProvider _clock = new();
    private readonly InstanceSlot _slot;
    private readonly Caller _caller;
    private readonly PoolPermits _permits;
    private readonly PoolOptions _pool;
    private readonly RecordedOutcomes _outcomes = new();
    private readonly List<ModelGeneration> _generations = [];
    private readonly List<ModelCall> _calls = [];
    private readonly Lock _lock = new();
    private Task _swap = Task.CompletedTask;
    private bool _wasOutage;
    private bool _wasWithdrawn;

    internal SwapHistory(int seed)
    {
        _random = new Random(seed);
        _deafness_NeedsLock = new Random(seed);
        _slot = new("p", _clock);
        _caller = new(_clock);
        var size = _random.Next(1, 4);
        _permits = new(size);
        _pool = new() { Size = size, Min = _random.Next(0, size + 1), AcquireTimeout = TimeSpan.FromSeconds(1) };
        Settings = new()
        {
            Timeout = TimeSpan.FromSeconds(5),
            AttemptTimeout = TimeSpan.FromSeconds(2),
            DrainTimeout = TimeSpan.FromSeconds(3),
            Retry = new() { MaxRetries = 3, BaseDelay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromMilliseconds(300) },
        };
    }

    internal List<string> Trail { get; } = [];

    private CallSettings Settings { get; }

    internal async Task StepAsync()
    {
        var attempts = Running().ToList();
        var openings = _generations.SelectMany(generation => generation.Connector.Openings).ToList();
        switch (_random.Next(20))
        {
            case <= 4:
                Call();
                break;
            case <= 7 when attempts.Count > 0:
                Note("succeed");
                Any(attempts).Succeed();
                break;
            case 8 when attempts.Count > 0:
                Fail(Any(attempts));
                break;
            case 9 when _calls.Count > 0:
                Note("cancel");
                Any(_calls).Cancellation.Cancel();
                break;
            case <= 12 when openings.Count > 0:
                Note("open");
                Any(openings).Succeed();
                break;
            case 13 when openings.Count > 0 && _random.Next(3) == 0:
                Note("fail to open");
                _wasOutage = true;
                Any(openings).Fail(new ConnectorException(ConnectorErrorKind.Unavailable, "nobody answers"));
                break;
            case 14 or 15:
                Note("time");
                await AdvanceAsync(_random.Next(12) switch { 0 => 16, 1 or 2 => 3.5, 3 or 4 => 2, 5 or 6 => 0.5, _ => 0.1 });
                break;
            case 16 or 17 when _swap.IsCompleted:
                Note("swap");
                _swap = SwapAsync();
                break;
            case 18 when _slot.Live is not null && _random.Next(6) == 0:
                Withdraw();
                break;
            case 19 when _generations.Count > 0 && _random.Next(4) == 0:
                Note("unwell");
                _wasOutage = true;
                Any(_generations).Connector.IsUnwell ^= true;
                break;
        }

        if (_random.Next(4) > 0)
        {
            await SettleAsync();
            await AssertDrainedAsync();
        }

        AssertPermits();
        ThrowIfBroken();
    }

    /// <summary>Lets everything end well, and then the instance.</summary>
    internal async Task EndAsync()
    {
        Note("end");
        using var patience = new CancellationTokenSource(_patience, TimeProvider.System);
        while (_calls.Exists(call => !call.Task.IsCompleted) || !_swap.IsCompleted)
        {
            Assert.False(
                patience.IsCancellationRequested,
                $"Calls do not end: {string.Join(", ", _calls.Where(call => !call.Task.IsCompleted).Select(call => call.Id))}; {string.Join(", ", _generations)}");
            await CalmAsync(attempts: true);
        }

        await _swap.ConfigureAwait(false);
        Withdraw();
        while (_generations.Exists(generation => !generation.Retired.IsCompleted))
        {
            Assert.False(
                patience.IsCancellationRequested,
                $"Generations do not end: {string.Join(", ", _generations.Where(generation => !generation.Retired.IsCompleted))}");
            await CalmAsync(attempts: false);
        }

        // What was left to itself ends at last, when everything is gone; and an opening that nobody waited for is closed.
        while (_generations.Exists(generation => generation.Connector.Open + generation.Connector.Openings.Count + generation.Connector.Attempts.Count > 0))
        {
            Assert.False(patience.IsCancellationRequested, $"Connections stay open: {string.Join(", ", _generations)}");
            await CalmAsync(attempts: true);
        }

        await AssertEndAsync();
    }

    private async Task CalmAsync(bool attempts)
    {
        foreach (var generation in _generations)
        {
            generation.Connector.IsUnwell = false;
            foreach (var opening in generation.Connector.Openings)
            {
                opening.Succeed();
            }

            foreach (var attempt in generation.Connector.Attempts.Where(_ => attempts))
            {
                attempt.Succeed();
            }
        }

        await SettleAsync();
        await AdvanceAsync(0.3);
        ThrowIfBroken();
    }

    private void Call()
    {
        var action = _random.Next(3) == 0 ? ModelCall.Once : ModelCall.Repeatable;
        var call = new ModelCall(_calls.Count, action, _slot.Live?.Number ?? 0, _clock.Elapsed);
        Note($"call {call.Id}");
        lock (_lock)
        {
            _calls.Add(call);
        }

        var input = Encoding.UTF8.GetBytes(call.Id.ToString(CultureInfo.InvariantCulture));
        call.Task = _caller.InvokeAsync(_slot, action, input, call.Output, null, call.Cancellation.Token).AsTask();
    }

    private void Fail(ModelAttempt attempt)
    {
        var (kind, code) = _random.Next(4) switch
        {
            0 => (ConnectorErrorKind.Conflict, "connector.conflict"),
            1 => (ConnectorErrorKind.Bug, "connector.bug"),
            _ => (ConnectorErrorKind.Unavailable, "connector.unavailable"),
        };
        var wasSent = _random.Next(2) == 0;
        Note($"fail {code}");
        attempt.Call.Given.Add(code);
        if (!wasSent)
        {
            attempt.Call.Unsend();
        }

        attempt.Fail(new ConnectorException(kind, "as told", wasSent: wasSent));
    }

    /// <summary>From timer to timer: a clock that runs on while what a timer has set off has not begun would be a machine that stands still.</summary>
    private async Task AdvanceAsync(double seconds)
    {
        var end = _clock.Elapsed + TimeSpan.FromSeconds(seconds);
        while (_clock.Elapsed < end)
        {
            var left = end - _clock.Elapsed;
            _clock.Advance(_clock.NextDue is { } due && due < left ? due : left);
            await SettleAsync();
        }
    }

    /// <summary>As the worker of an instance does it: build, publish, and only then end what was live.</summary>
    private async Task SwapAsync()
    {
        // As much as the minimum, and at least the one that a check needs, on top of what the generations before still hold.
        // Read before it rises: right after, it may have fallen again by what another one gave back.
        var extra = Math.Max(1, _pool.Min!.Value);
        _highestLimit = Math.Max(_highestLimit, _permits.Limit + extra);
        var reserve = _permits.Reserve(extra);
        var next = Build();
        try
        {
            await next.Generation.Pool.OpenMinimumAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (PluginRuntimeException)
        {
            next.Retire(reserve);
            return;
        }

        next.Connector.IsPublished = true;
        var old = _slot.Publish(next.Generation);
        if (Of(old) is { } before)
        {
            before.Retire(reserve);
        }
        else
        {
            reserve.Dispose();
        }
    }

    private void Withdraw()
    {
        Note("withdraw");
        _wasWithdrawn = true;
        Of(_slot.Withdraw("it was withdrawn."))?.Retire(null);
    }

    private ModelGeneration Build()
    {
        var number = _generations.Count + 1;
        var connector = new ModelConnector(number, this);
        var border = new Border("p", connector, Settings, Redaction.None, _clock);
        var version = SemanticVersion.Parse($"{number}.0.0");
        var manifest = new ConnectorManifest
        {
            Id = "model",
            Name = "Model",
            Version = version,
            Actions = [new() { Id = ModelCall.Repeatable, Name = "", Idempotent = true }, new() { Id = ModelCall.Once, Name = "" }],
        };
        var generation = new Generation(
            number, "p", new("model", version, new string('a', 64)), manifest, border, new("p", border, _pool, _permits, _clock), Settings, _outcomes,
            PluginRuntime.Credentials.InstanceCredential.None, new(), _clock);
        var built = new ModelGeneration(generation, connector);
        lock (_lock)
        {
            _generations.Add(built);
        }

        return built;
    }

    private ModelGeneration? Of(Generation? generation) => generation is null ? null : _generations[(int)generation.Number - 1];

    private IEnumerable<ModelAttempt> Running() => _generations.SelectMany(generation => generation.Connector.Attempts);

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    private void Note(string step) => Trail.Add(step);
}
