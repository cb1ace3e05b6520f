using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// The long-lived identity of an instance: what is wanted of it, what was decided about its versions, what runs. Its worker is the only
/// one that changes what runs; everybody else asks.
/// </summary>
internal sealed class Instance
{
    private readonly InstanceServices _services;
    private readonly InstanceWorker _worker;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _checking = new(1, 1);
    private readonly StateEvents _stateEvents;

    // Guarded by _lock.
    private InstanceDefinition? _definition;
    private VersionState _versions;
    private ConnectionState _state = ConnectionState.Disconnected;
    private InstanceError? _lastError;
    private HealthReport _health = HealthReport.Unknown;

    internal Instance(InstanceDefinition definition, VersionState versions, InstanceServices services)
    {
        Name = definition.Name;
        _definition = definition;
        _versions = versions;
        _services = services;
        _stateEvents = new(definition.Name, services.Events);
        Slot = new(definition.Name);
        Permits = new(definition.Config?.Pool.Size ?? 1);
        _worker = new(this, services);
    }

    internal string Name { get; }

    internal InstanceSlot Slot { get; }

    internal PoolPermits Permits { get; }

    internal Refusals Refusals { get; } = new();

    /// <summary>Completes when the first try to bring it up has ended, well or badly.</summary>
    internal Task FirstPass => _worker.FirstPass;

    /// <summary>Null when it is being removed.</summary>
    internal InstanceDefinition? Definition
    {
        get
        {
            lock (_lock)
            {
                return _definition;
            }
        }
    }

    internal VersionState Versions
    {
        get
        {
            lock (_lock)
            {
                return _versions;
            }
        }
    }

    internal InstanceError? LastError
    {
        get
        {
            lock (_lock)
            {
                return _lastError;
            }
        }
    }

    /// <summary>Begins, after the instance that had its name before has ended.</summary>
    internal void Start(Task after) => _worker.Start(after);

    /// <summary>Says what is wanted from now on; null removes the instance.</summary>
    internal void Want(InstanceDefinition? definition)
    {
        lock (_lock)
        {
            _definition = definition;
        }

        _worker.Signal();
    }

    /// <summary>Something outside changed: look again.</summary>
    internal void Reconsider() => _worker.Signal();

    /// <summary>Queues a command for the worker; one that has not started yet gives way to a newer one.</summary>
    internal void Order(InstanceCommand command) => _worker.Order(command);

    /// <summary>Takes the instance out of service and ends its worker.</summary>
    internal Task StopAsync(string reason) => _worker.StopAsync(reason);

    /// <summary>Checks the live generation now. Callers at the same time share one check.</summary>
    internal async Task<HealthReport> CheckAsync(CancellationToken cancellationToken)
    {
        var asked = _services.TimeProvider.GetUtcNow();
        await _checking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Health is { LastChecked: { } last } shared && last > asked)
            {
                return shared;
            }

            Generation? live;
            HealthReport report;
            do
            {
                live = Slot.Live;
                report = live is not null
                    ? await HealthCheck.RunAsync(live, _services.TimeProvider, cancellationToken).ConfigureAwait(false)
                    : new HealthReport(false, "unhealthy", null, $"It takes no calls: {Slot.Reason}", _services.TimeProvider.GetUtcNow());
            }
            while (Slot.Live != live); // A swap in between: what was found is about the version before.

            Health = report;
            return report;
        }
        finally
        {
            _checking.Release();
        }
    }

    internal HealthReport Health
    {
        get
        {
            lock (_lock)
            {
                return _health;
            }
        }

        set
        {
            lock (_lock)
            {
                _health = value;
            }
        }
    }

    /// <summary>Called by the worker alone: moves to a state, with or without an error.</summary>
    internal void Enter(ConnectionState state, InstanceError? error)
    {
        ConnectionState before;
        lock (_lock)
        {
            before = _state;
            _state = state;
            _lastError = error;
        }

        if (before != state)
        {
            _services.Logger.StateChanged(Name, before, state);
            _stateEvents.Tell(before, state, error);
        }
    }

    /// <summary>Called by the worker alone.</summary>
    internal void Decide(VersionState versions)
    {
        lock (_lock)
        {
            _versions = versions;
        }
    }

    internal InstanceStatus Status()
    {
        var live = _worker.Live;
        lock (_lock)
        {
            return new(
                Name,
                _definition?.Config?.Connector ?? live?.Generation.Identity.Id,
                Slot.Live is not null,
                _state,
                _health,
                live is null ? null : Describe(live.Generation),
                live?.Generation.Pool.GetStatistics(),
                Describe(_worker.Previous),
                _versions.Hold?.Version.ToString(),
                Available(live),
                _versions.Quarantine,
                _lastError,
                live?.Notice);
        }
    }

    /// <summary>How it stands, for the gauges.</summary>
    internal InstanceSample Sample()
    {
        var live = Slot.Live;
        var pool = live?.Pool.GetStatistics();
        lock (_lock)
        {
            return new()
            {
                Instance = Name,
                Connector = live?.Identity.Id ?? _definition?.Config?.Connector,
                Version = live?.Identity.Version.ToString(),
                State = _state.ToString().ToLowerInvariant(),
                Health = _health.Status,
                Size = pool?.Size ?? 0,
                Idle = pool?.Idle ?? 0,
                InUse = pool?.InUse ?? 0,
                Opening = pool?.Opening ?? 0,
                Checking = pool?.Checking ?? 0,
                Closing = pool?.Closing ?? 0,
                Waiting = pool?.Waiting ?? 0,
            };
        }
    }

    private static GenerationStatus Describe(Generation generation) =>
        new(generation.Identity.Id, generation.Identity.Version.ToString(), generation.Identity.Hash, generation.Number, generation.Since);

    private PreviousStatus? Describe(Predecessor? previous)
    {
        if (previous is null)
        {
            return null;
        }

        var facts = previous.IsWarm ? null : _services.Watch.Latest(previous.Identity);
        return new(
            previous.Identity.Version.ToString(), previous.Identity.Hash, previous.Report?.Drained, previous.Report?.LateAttempts ?? 0,
            facts is not null, facts?.CollectedAt is not null, facts?.HeldBy);
    }

    private string? Available(LiveVersion? live)
    {
        if (live is null || _definition?.Config is not { } config)
        {
            return null;
        }

        var best = _services.Catalog().Resolve(config.Connector, config.Version, _versions.IsQuarantined)?.Identity;
        return best is not null && best.Version.CompareTo(live.Generation.Identity.Version) > 0 ? best.Version.ToString() : null;
    }
}

/// <summary>A command for an instance's worker.</summary>
/// <param name="Operation">Where its progress shows.</param>
/// <param name="Apply">What it decides about versions; null leaves them.</param>
/// <param name="Rebuild">Whether a new generation is wanted even when nothing else changed.</param>
internal sealed record InstanceCommand(Operation Operation, Func<VersionState, VersionState>? Apply, bool Rebuild)
{
    /// <summary>The package the command leads to; null when any will do.</summary>
    internal PackageIdentity? Target { get; init; }
}
