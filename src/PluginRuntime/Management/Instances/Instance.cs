using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// The long-lived identity of an instance: what is wanted of it, what was decided about its versions, what runs. Its worker is the only
/// one that changes what runs; everybody else asks.
/// </summary>
internal sealed class Instance
{
    /// <summary>With the monitor's half minute: every five minutes.</summary>
    private const int RebuildUnopenedEvery = 10;

    private readonly InstanceServices _services;
    private readonly InstanceWorker _worker;
    private readonly HealthMonitor _monitor;
    private readonly Lock _lock = new();
    private readonly StateEvents _stateEvents;
    private volatile Task _settled;

    // Guarded by _lock.
    private InstanceDefinition? _definition;
    private VersionState _versions;
    private ConnectionState _state = ConnectionState.Disconnected;
    private ConnectionState _shown = ConnectionState.Disconnected;
    private InstanceError? _lastError;

    internal Instance(InstanceDefinition definition, VersionState versions, InstanceServices services)
    {
        Name = definition.Name;
        _definition = definition;
        _versions = versions;
        _services = services;
        _stateEvents = new(definition.Name, services.Events);
        Slot = new(definition.Name, services.TimeProvider);
        Permits = new(definition.Config?.Pool.Size ?? 1, services.Connections);
        _monitor = new(services.TimeProvider, HealthChanged, Rebuild);
        Outcomes = new(_monitor, services);
        _worker = new(this, services);
        _settled = _worker.FirstPass;
    }

    internal string Name { get; }

    internal InstanceSlot Slot { get; }

    internal PoolPermits Permits { get; }

    internal Refusals Refusals { get; } = new();

    /// <summary>Hears what calls of every generation find out.</summary>
    internal InstanceOutcomes Outcomes { get; }

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

    /// <summary>The best package that there is for it, whatever it runs; null when there is none.</summary>
    internal PackageCandidate? Best
    {
        get
        {
            lock (_lock)
            {
                return Best_NeedsLock();
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

        _settled = _worker.PassAsync();
    }

    /// <summary>What is wanted is the same as before, under another revision.</summary>
    internal void Restate(InstanceDefinition definition)
    {
        lock (_lock)
        {
            _definition = definition;
        }
    }

    /// <summary>Completes when the first look at what was wanted last has ended, or the instance has.</summary>
    internal Task Settled => _settled;

    /// <summary>Takes over what is stored about its versions.</summary>
    internal void Adopt(VersionState versions, long revision) => _worker.Adopt(versions, revision);

    /// <summary>Something outside changed: look again.</summary>
    internal void Reconsider() => _worker.Signal();

    /// <summary>Asks for a look; completes when one that began after this call has ended, or the instance has.</summary>
    internal Task PassAsync() => _worker.PassAsync();

    /// <summary>Queues a command for the worker; one that has not started yet gives way to a newer one.</summary>
    internal void Order(InstanceCommand command) => _worker.Order(command);

    /// <summary>Takes the instance out of service and ends its worker.</summary>
    internal Task StopAsync(string reason) => _worker.StopAsync(reason);

    /// <summary>Checks the live generation now. Callers at the same time share one check.</summary>
    internal Task<HealthReport> CheckAsync(CancellationToken cancellationToken) => _monitor.CheckAsync(Slot, cancellationToken);

    /// <summary>The verdict, and what the last check or call found.</summary>
    internal HealthReport Health => _monitor.Report;

    /// <summary>Whether it takes calls, and health has nothing against that.</summary>
    internal bool IsConnected => Slot.Live is not null && _monitor.IsHealthy;

    /// <summary>Called by the worker alone: what was published is watched from now on.</summary>
    internal void Watch(Generation generation, HealthReport first) =>
        _monitor.Watch(generation, Definition?.Config?.Health ?? new(), first);

    /// <summary>Called by the worker alone: nothing is live.</summary>
    internal void Unwatch() => _monitor.Forget();

    /// <summary>Called by the worker alone, at its end.</summary>
    internal ValueTask EndWatchAsync() => _monitor.DisposeAsync();

    /// <summary>Called by the worker alone: moves to a state, with or without an error.</summary>
    internal void Enter(ConnectionState state, InstanceError? error)
    {
        lock (_lock)
        {
            _state = state;
            _lastError = error;
            Show_NeedsLock();
        }
    }

    /// <summary>
    /// What the worker brought about, and what health makes of it: connected, but unhealthy, shows as reconnecting. The event is published
    /// under the lock, or two changes could be told in the wrong order.
    /// </summary>
    private void Show_NeedsLock()
    {
        var state = _state == ConnectionState.Connected && !_monitor.IsHealthy ? ConnectionState.Reconnecting : _state;
        var before = _shown;
        if (before == state)
        {
            return;
        }

        _shown = state;
        _services.Logger.StateChanged(Name, before, state);
        var cause = _state == ConnectionState.Connected && state == ConnectionState.Reconnecting
            ? new InstanceError("health.unhealthy", _monitor.Report.Error ?? "It counts as unhealthy.", _services.TimeProvider.GetUtcNow(), [])
            : _lastError;
        _stateEvents.Tell(before, state, cause, Slot.Live?.Identity);
    }

    private void HealthChanged(Generation generation, HealthReport report)
    {
        _services.Logger.HealthChanged(Name, report.Status, report.Error ?? "it answers");
        _services.Events.Publish(EventTypes.HealthChanged, report.Healthy ? "It answers again." : $"It counts as unhealthy: {report.Error}", new()
        {
            Instance = Name,
            Connector = generation.Identity.Id,
            Version = generation.Identity.Version.ToString(),
            Code = report.Healthy ? null : "health.unhealthy",
            Data = new Dictionary<string, string>
            {
                ["from"] = report.Healthy ? "unhealthy" : "healthy",
                ["to"] = report.Healthy ? "healthy" : "unhealthy",
            },
        });
        lock (_lock)
        {
            Show_NeedsLock();
        }

        if (report.Healthy)
        {
            Outcomes.Bake?.Recovered();
        }
        else
        {
            // Of a generation that was replaced a moment ago the bake period of the next one hears nothing.
            Outcomes.Bake?.Doubt(generation, $"It turned unhealthy: {report.Error}");
        }
    }

    /// <summary>
    /// It has been unhealthy for long: what hangs may be the connector itself, so it gets a new one. Where nothing can be opened it is most
    /// likely the outside system, and a second pool would knock there as well: then it is tried rarely.
    /// </summary>
    private void Rebuild(int times)
    {
        var cannotOpen = Slot.Live?.Pool.GetStatistics().LastOpenFailure is not null;
        if (Outcomes.Bake is null && (!cannotOpen || times % RebuildUnopenedEvery == 0))
        {
            _worker.TryOrder(new(_services.Operations.Begin("reconnect", Name, Slot.Live?.Identity.Version.ToString()), null, Rebuild: true));
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
                IsConnected,
                _shown,
                _monitor.Report,
                live is null ? null : Describe(live.Generation),
                live?.Generation.Pool.GetStatistics(),
                Describe(_worker.Previous),
                _versions.Hold?.Version.ToString(),
                Available(live),
                _versions.Quarantine,
                _lastError,
                live?.Notice)
            {
                Canary = _worker.Canary,
            };
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
                State = _shown.ToString().ToLowerInvariant(),
                Health = _monitor.Report.Status,
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

    private string? Available(LiveVersion? live) =>
        live is not null && Best_NeedsLock() is { } best && best.Identity.Version.CompareTo(live.Generation.Identity.Version) > 0 ? best.Identity.Version.ToString() : null;

    private PackageCandidate? Best_NeedsLock() =>
        _definition is { Local: null, Config: { } config }
            ? _services.Catalog().SeenBy(InstanceNames.OwnerOf(Name)).Resolve(config.Connector, config.Version, _versions.IsQuarantined)
            : null;
}

/// <summary>A command for an instance's worker.</summary>
/// <param name="Operation">Where its progress shows.</param>
/// <param name="Apply">What it decides about versions; null leaves them.</param>
/// <param name="Rebuild">Whether a new generation is wanted even when nothing else changed.</param>
internal sealed record InstanceCommand(Operation Operation, Func<VersionState, VersionState>? Apply, bool Rebuild)
{
    /// <summary>The package the command leads to; null when any will do.</summary>
    internal PackageIdentity? Target { get; init; }

    /// <summary>The canary that the command decides about; null when it is about none. It is done only while that runs.</summary>
    internal CanaryTrial? Trial { get; init; }

    /// <summary>What was decided before <see cref="Apply"/> and by it, once that is done; null before.</summary>
    internal (VersionState Before, VersionState After)? Applied { get; init; }

    /// <summary>Why that canary takes over all calls; null when it does not.</summary>
    internal string? Promotes { get; init; }

    /// <summary>
    /// Whether nobody asked for it: it is done only where what runs is to blame, and not what it talks to.
    /// </summary>
    internal bool IsAutomatic { get; init; }
}
