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
    private readonly PassWaiters _waiters = new();
    private readonly TaskCompletionSource _firstPass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Decisions _decisions;
    private readonly SwapTurn _turn;
    private readonly Retirement _retirement;
    private readonly Baking _baking;
    private readonly Canaries _canaries;
    private readonly ITimer _retry;
    private readonly Lock _ending = new();

    // Guarded by _ending.
    private Task? _end;
    private InstanceCommand? _waiting;
    private InstanceCommand? _taken;
    private volatile string? _ended;
    private Task _loop = Task.CompletedTask;
    private volatile LiveVersion? _live;
    private int _failures;

    internal InstanceWorker(Instance instance, InstanceServices services)
    {
        _instance = instance;
        _services = services;
        _decisions = new(instance, services, Signal, RetryLater);
        _turn = new(instance.Name, services.Hosts);
        _retirement = new(instance, services);
        _baking = new(instance, services, TryOrder);
        _canaries = new(instance, services, _retirement, TryOrder);
        _retry = services.TimeProvider.CreateTimer(
            static state => ((InstanceWorker)state!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal Task FirstPass => _firstPass.Task;

    internal LiveVersion? Live => _live;

    internal Predecessor? Previous => _retirement.Previous;

    internal CanaryStatus? Canary => _canaries.Status;

    /// <param name="after">The end of the instance that had the name before: two of one name would meet in the store and outside.</param>
    internal void Start(Task after)
    {
        Signal();
        _loop = Task.Run(() => LoopAsync(after));
    }

    /// <summary>Takes over what is stored about versions.</summary>
    internal void Adopt(VersionState versions, long revision)
    {
        if (_decisions.Offer(versions, revision))
        {
            Signal();
        }
    }

    internal void Signal() => _signals.Writer.TryWrite(true);

    /// <summary>Asks for a pass; completes when one that began after this call has ended, or the worker has.</summary>
    internal Task PassAsync()
    {
        var ended = _waiters.WaitAsync();
        Signal();
        return ended;
    }

    internal void Order(InstanceCommand command)
    {
        Interlocked.Exchange(ref _waiting, command)?.Operation.Fail("operation.superseded", "A newer operation took its place before it began.");
        Signal();

        // Meets the end of StopOnceAsync: either that finds the command, or this finds that nobody will take it any more.
        if (_ended is { } reason)
        {
            FailWaiting(reason);
        }
    }

    /// <summary>Queues a command that nobody asked for, unless one waits that somebody did.</summary>
    /// <returns>False when one waits, or the worker has ended; the operation has failed then.</returns>
    internal bool TryOrder(InstanceCommand command)
    {
        if (_ended is not null || Interlocked.CompareExchange(ref _waiting, command, null) is not null)
        {
            command.Operation.Fail("operation.superseded", "Another operation was waiting.");
            return false;
        }

        Signal();
        if (_ended is { } reason)
        {
            FailWaiting(reason);
        }

        return true;
    }

    /// <summary>Ends the worker and takes down what runs. Whoever asks later waits for the same end.</summary>
    internal Task StopAsync(string reason)
    {
        lock (_ending)
        {
            return _end ??= Task.Run(() => StopOnceAsync(reason));
        }
    }

    private async Task StopOnceAsync(string reason)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _retry.DisposeAsync().ConfigureAwait(false);
        await TakeDownAsync(reason).ConfigureAwait(false);
        await _instance.EndWatchAsync().ConfigureAwait(false);
        await _retirement.FinishAsync().ConfigureAwait(false);
        _turn.End();
        _ended = reason;
        FailWaiting(reason);

        // The command whose pass was cut short; where it had come to its end by itself, that stays.
        _taken?.Operation.Fail("host.draining", reason);
    }

    private void FailWaiting(string reason) => Interlocked.Exchange(ref _waiting, null)?.Operation.Fail("host.draining", reason);

    private async Task LoopAsync(Task after)
    {
        try
        {
            await after.WaitAsync(_stopping.Token).ConfigureAwait(false);
            while (await _signals.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                _signals.Reader.TryRead(out _);
                _waiters.Begin();
                await GuardedPassAsync(_stopping.Token).ConfigureAwait(false);
                _firstPass.TrySetResult();
                _waiters.End();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The instance ends: StopAsync takes down what runs.
        }
        finally
        {
            _firstPass.TrySetResult();
            _waiters.Close();
        }
    }

    private async Task GuardedPassAsync(CancellationToken cancellationToken)
    {
        var command = Interlocked.Exchange(ref _waiting, null);
        _taken = command;
        try
        {
            await PassAsync(command, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A bug of ours must not end the worker, or the instance would never change again.
            _services.Logger.Unexpected(_instance.Name, exception);
            _instance.Enter(_live is null ? ConnectionState.Error : ConnectionState.Connected, Error("host.bug", exception.Message, []));
            command?.Operation.Fail("host.bug", exception.Message);
            RetryLater();
        }
    }

    private async Task PassAsync(InstanceCommand? command, CancellationToken cancellationToken)
    {
        _decisions.Adopt();
        command = _canaries.Check(command);
        if (command?.Apply is { } apply)
        {
            var before = _instance.Versions;
            await _decisions.DecideAsync(apply).ConfigureAwait(false);
            command = command with { Apply = null, Applied = (before, apply(before)) };
            if (command.Trial is not null)
            {
                _canaries.RollBack(_instance.Versions.Quarantine[^1]);
            }
        }
        else if (_decisions.AreUnsaved)
        {
            await _decisions.DecideAsync(static versions => versions).ConfigureAwait(false);
        }

        var definition = _instance.Definition;
        if (definition is not { Config.Enabled: true })
        {
            await _decisions.UndoAsync(command, []).ConfigureAwait(false);
            await NotWantedAsync(definition, command).ConfigureAwait(false);
            return;
        }

        _canaries.Configure(definition.Config.Canary);
        if (command?.Promotes is { } why)
        {
            await PublishAsync(_canaries.TakeOver(why), command).ConfigureAwait(false);
            return;
        }

        var outcome = await new Reconciliation(
            _instance, _services, definition, command, _live, _canaries.Candidate, _turn).RunAsync(cancellationToken).ConfigureAwait(false);
        foreach (var entry in outcome.Quarantined)
        {
            _services.Logger.Quarantined(_instance.Name, entry.Package, entry.Code, entry.Detail);
            _services.Events.Quarantined(_instance.Name, entry);
        }

        if (outcome.Quarantined.Count > 0)
        {
            // Before anything is published: a crash right after must not try the same package again.
            await _decisions.DecideAsync(versions => versions.WithoutRefused(outcome.Quarantined)).ConfigureAwait(false);
        }

        if (outcome.Waits)
        {
            WaitForTurn(command);
            return;
        }

        if (outcome is { Next: not null, IsCanary: true })
        {
            _canaries.Begin(_live!, outcome, definition.Config.Canary);
        }
        else if (outcome.Next is not null)
        {
            await PublishAsync(outcome, command).ConfigureAwait(false);
            return;
        }
        else if (outcome.EndsCanary)
        {
            _canaries.End("What runs is what should run.");
        }

        if (outcome.Error is { } failure)
        {
            await _decisions.UndoAsync(command, outcome.Quarantined).ConfigureAwait(false);
            if (outcome.EndsLive) await TakeDownAsync(failure.Detail).ConfigureAwait(false);
        }

        Settle(outcome, command);
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

        if (command is { Applied: not null, Target: null })
        {
            // It only decided something, which is done: quarantine can be lifted while the instance is disabled.
            command.Operation.Succeed();
        }

        var reason = definition is null ? "it was removed." : "it is disabled.";
        await TakeDownAsync(reason).ConfigureAwait(false);
        _instance.Enter(ConnectionState.Disconnected, null);
        _turn.End();
        command?.Operation.Fail("instance.unavailable", $"The instance takes no calls: {reason}");
    }

    private async Task PublishAsync(Outcome outcome, InstanceCommand? command)
    {
        var (old, next) = (_live, outcome.Next!);
        var unpublished = VersionSample.Of(next.Generation);
        _live = next;
        command?.Operation.Enter("publish");
        _instance.Permits.Resize(_instance.Definition?.Config?.Pool.Size ?? next.Generation.Pool.GetStatistics().Size);
        _instance.Slot.Publish(next.Generation);

        // In memory before anybody is told that it runs: whoever sees that may ask for the way back. It is saved below.
        _instance.Decide(_instance.Versions.WithCurrent(next.Generation.Identity));
        _firstPass.TrySetResult();
        _instance.Watch(next.Generation, outcome.Health);
        _instance.Enter(ConnectionState.Connected, outcome.Error);
        _failures = 0;
        _services.Logger.Published(_instance.Name, next.Generation.Identity, next.Generation.Number);
        _services.Events.Published(_instance.Name, next.Generation.Identity, next.Generation.Number, old?.Generation.Identity);
        if (next.Notice is { } notice)
        {
            _services.Logger.Notice(_instance.Name, notice);
        }

        _canaries.End("Another generation took over the calls.");

        // From here on the new version serves, whatever comes: what follows must not be lost to the end of the worker.
        if (old is not null)
        {
            _retirement.Begin(old, next, _baking.Begin(old, next, unpublished, _stopping.Token), outcome.Reservation, command?.Operation);
        }
        else
        {
            command?.Operation.Succeed();
        }

        _baking.Follow(next.Generation);
        await _decisions.DecideAsync(versions => versions.WithCurrent(next.Generation.Identity)).ConfigureAwait(false);
        if (_instance.Definition?.Config?.Update == UpdateMode.Canary || _turn.IsHeld)
        {
            // There may be a newer version, to be tried beside this one; or nothing to bake, and the next host may go.
            Signal();
        }
    }

    /// <summary>Asks again in a while. A command waits with it, unless a newer one does.</summary>
    private void WaitForTurn(InstanceCommand? command)
    {
        if (command is not null && Interlocked.CompareExchange(ref _waiting, command, null) is not null)
        {
            command.Operation.Fail("operation.superseded", "A newer operation took its place while another host had its turn.");
        }

        RetryLater();
    }

    private void Settle(Outcome outcome, InstanceCommand? command)
    {
        if (_instance.Outcomes.Bake is null && _canaries.Candidate is null)
        {
            _turn.End();
        }

        var before = _instance.LastError;
        _instance.Enter(_live is null ? ConnectionState.Error : ConnectionState.Connected, outcome.Error);
        if (outcome.Error is not { } error)
        {
            _failures = 0;
            command?.Operation.Succeed();
            return;
        }

        _services.Logger.Failed(_instance.Name, error.Code, error.Detail);
        if (before?.Code != error.Code || before.Detail != error.Detail)
        {
            _services.Events.Failed(_instance.Name, error);
        }

        if (_live is null)
        {
            _instance.Slot.Withdraw(error.Detail, outcome.IsUnbound);
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
        _instance.Unwatch();
        _baking.End();
        _baking.Follow(null);
        _canaries.End(reason);
        var live = _live;
        _live = null;
        if (live is not null)
        {
            await _retirement.EndAsync(live).ConfigureAwait(false);
        }
    }

    private void RetryLater() =>
        _retry.Change(Backoff.Delay(_failures++, _retryBase, _retryCap, Random.Shared.NextDouble()), Timeout.InfiniteTimeSpan);

    private InstanceError Error(string code, string detail, IReadOnlyList<ValidationError> errors) =>
        new(code, detail, _services.TimeProvider.GetUtcNow(), errors);
}
