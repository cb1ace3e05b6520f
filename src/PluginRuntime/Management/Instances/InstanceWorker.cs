using System.Threading.Channels;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Health;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// The one writer of an instance: compares what is wanted with what runs, and builds, publishes, retires. Signals that come during a pass
/// are answered by one more pass, which reads what is wanted then; so a newer wish replaces one that has not started.
/// </summary>
internal sealed class InstanceWorker
{
    private static readonly TimeSpan _retryBase = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _retryCap = TimeSpan.FromSeconds(2);

    private readonly Instance _instance;
    private readonly InstanceServices _services;
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstPass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Retirement _retirement;
    private readonly ITimer _retry;
    private InstanceCommand? _waiting;
    private Task _loop = Task.CompletedTask;
    private volatile LiveVersion? _live;
    private int _failures;
    private bool _isUnsaved;

    internal InstanceWorker(Instance instance, InstanceServices services)
    {
        _instance = instance;
        _services = services;
        _retirement = new(instance, services);
        _retry = services.TimeProvider.CreateTimer(
            static state => ((InstanceWorker)state!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal Task FirstPass => _firstPass.Task;

    internal LiveVersion? Live => _live;

    internal Predecessor? Previous => _retirement.Previous;

    internal void Start()
    {
        Signal();
        _loop = Task.Run(LoopAsync);
    }

    internal void Signal() => _signals.Writer.TryWrite(true);

    internal void Order(InstanceCommand command)
    {
        Interlocked.Exchange(ref _waiting, command)?.Operation.Fail("operation.superseded", "A newer operation took its place before it began.");
        Signal();
    }

    internal async Task StopAsync(string reason)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _retry.DisposeAsync().ConfigureAwait(false);
        await TakeDownAsync(reason).ConfigureAwait(false);
        await _retirement.FinishAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _waiting, null)?.Operation.Fail("host.draining", reason);
    }

    private async Task LoopAsync()
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                _signals.Reader.TryRead(out _);
                await GuardedPassAsync(_stopping.Token).ConfigureAwait(false);
                _firstPass.TrySetResult();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The instance ends: StopAsync takes down what runs.
        }
        finally
        {
            _firstPass.TrySetResult();
        }
    }

    private async Task GuardedPassAsync(CancellationToken cancellationToken)
    {
        var command = Interlocked.Exchange(ref _waiting, null);
        try
        {
            await PassAsync(command, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A bug of ours must not end the worker, or the instance would never change again.
            _services.Logger.Unexpected(_instance.Name, exception);
            command?.Operation.Fail("host.bug", exception.Message);
            RetryLater();
        }
    }

    private async Task PassAsync(InstanceCommand? command, CancellationToken cancellationToken)
    {
        if (command?.Apply is { } apply)
        {
            await DecideAsync(apply(_instance.Versions), cancellationToken).ConfigureAwait(false);
        }
        else if (_isUnsaved)
        {
            await DecideAsync(_instance.Versions, cancellationToken).ConfigureAwait(false);
        }

        var definition = _instance.Definition;
        if (definition is not { Config.Enabled: true })
        {
            await NotWantedAsync(definition, command).ConfigureAwait(false);
            return;
        }

        var outcome = await new Reconciliation(_instance, _services, definition, command, _live).RunAsync(cancellationToken).ConfigureAwait(false);
        foreach (var entry in outcome.Quarantined)
        {
            _services.Logger.Quarantined(_instance.Name, entry.Package, entry.Code, entry.Detail);
        }

        if (outcome.Quarantined.Count > 0)
        {
            // Before anything is published: a crash right after must not try the same package again.
            await DecideAsync(outcome.Versions, cancellationToken).ConfigureAwait(false);
        }

        if (outcome.Next is { } next)
        {
            await PublishAsync(next, outcome, command, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            Settle(outcome, command);
        }
    }

    private async Task NotWantedAsync(InstanceDefinition? definition, InstanceCommand? command)
    {
        if (definition is { Config: null })
        {
            // What cannot be read changes nothing: the generation that runs, runs on.
            var error = Error("config.invalid", "Its configuration has errors.", definition.Errors);
            _instance.Enter(_live is null ? ConnectionState.Error : ConnectionState.Connected, error);
            command?.Operation.Fail(error.Code, error.Detail);
            return;
        }

        var reason = definition is null ? "it was removed." : "it is disabled.";
        await TakeDownAsync(reason).ConfigureAwait(false);
        _instance.Health = HealthReport.Unknown;
        _instance.Enter(ConnectionState.Disconnected, null);
        command?.Operation.Fail("instance.unavailable", $"The instance takes no calls: {reason}");
    }

    private async Task PublishAsync(LiveVersion next, Outcome outcome, InstanceCommand? command, CancellationToken cancellationToken)
    {
        var old = _live;
        _live = next;
        command?.Operation.Enter("publish");
        _instance.Permits.Resize(_instance.Definition?.Config?.Pool.Size ?? next.Generation.Pool.GetStatistics().Size);
        _instance.Slot.Publish(next.Generation);
        _firstPass.TrySetResult();
        _instance.Health = outcome.Health;
        _instance.Enter(ConnectionState.Connected, outcome.Error);
        _failures = 0;
        _services.Logger.Published(_instance.Name, next.Generation.Identity, next.Generation.Number);
        if (next.Notice is { } notice)
        {
            _services.Logger.Notice(_instance.Name, notice);
        }

        // From here on the new version serves, whatever comes: what follows must not be lost to the end of the worker.
        if (old is not null)
        {
            _retirement.Begin(old, next, outcome.Reservation, command?.Operation);
        }
        else
        {
            command?.Operation.Succeed();
        }

        var versions = outcome.Versions;
        var previous = versions.Current is { } current && current != next.Generation.Identity ? current : versions.Previous;
        await DecideAsync(versions with { Current = next.Generation.Identity, Previous = previous }, cancellationToken).ConfigureAwait(false);
    }

    private void Settle(Outcome outcome, InstanceCommand? command)
    {
        _instance.Enter(_live is null ? ConnectionState.Error : ConnectionState.Connected, outcome.Error);
        if (outcome.Error is not { } error)
        {
            _failures = 0;
            command?.Operation.Succeed();
            return;
        }

        _services.Logger.Failed(_instance.Name, error.Code, error.Detail);
        if (_live is null)
        {
            _instance.Slot.Withdraw(error.Detail);
        }

        command?.Operation.Fail(error.Code, error.Detail);
        if (outcome.ShouldRetry)
        {
            RetryLater();
        }
    }

    private async Task TakeDownAsync(string reason)
    {
        _instance.Slot.Withdraw(reason);
        var live = _live;
        _live = null;
        if (live is not null)
        {
            await _retirement.EndAsync(live).ConfigureAwait(false);
        }
    }

    /// <summary>Remembers a decision. A store that fails stops nothing: it is saved by a later pass.</summary>
    private async Task DecideAsync(VersionState versions, CancellationToken cancellationToken)
    {
        _instance.Decide(versions);
        try
        {
            await _services.State.SaveVersionsAsync(_instance.Name, versions, cancellationToken).ConfigureAwait(false);
            _isUnsaved = false;
        }
        catch (StateException exception)
        {
            _services.Logger.NotSaved(_instance.Name, exception.Message);
            _isUnsaved = true;
            RetryLater();
        }
    }

    private void RetryLater() =>
        _retry.Change(Backoff.Delay(_failures++, _retryBase, _retryCap, Random.Shared.NextDouble()), Timeout.InfiniteTimeSpan);

    private InstanceError Error(string code, string detail, IReadOnlyList<ValidationError> errors) =>
        new(code, detail, _services.TimeProvider.GetUtcNow(), errors);
}
