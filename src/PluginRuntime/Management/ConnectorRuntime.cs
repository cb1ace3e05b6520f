using System.Buffers;
using Microsoft.Extensions.Logging;
using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Egress;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>The runtime: puts the modules together, starts and stops them, and is the front that programs call.</summary>
internal sealed partial class ConnectorRuntime : IConnectorRuntime, IAsyncDisposable
{
    private readonly PluginRuntimeOptions _options;
    private readonly IStateStore _state;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Caller _caller;
    private readonly PackageFolders _folders;
    private readonly UnloadWatch _watch;
    private readonly TypedCalls _typed;
    private readonly BatchCalls _batches;
    private readonly SettingsBinder _binder;
    private readonly CredentialBinder _credentials;
    private readonly NamedCredentials _named = new();
    private readonly EgressGate _egress;
    private readonly TokenEndpoint _tokenEndpoint;
    private readonly StoredTokens _tokenStore;
    private readonly RefreshTokens _refreshTokens;
    private readonly EventRecorder _recorder;
    private readonly StateFollower _follower;
    private readonly Membership _hosts;
    private readonly RuntimeMetrics _metrics;
    private ConnectorsFile? _file;
    private PackageStore? _store;
    private PackageUpdates? _updates;
    private readonly ConnectionBudget _connections;
    private InstanceServices? _services;
    private int _isStopped;

    internal ConnectorRuntime(PluginRuntimeOptions options, IStateStore state, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        _options = options;
        _state = state;
        _timeProvider = timeProvider;
        _loggers = loggers;
        _logger = loggers.CreateLogger("PluginRuntime.Management");
        _metrics = new(Samples);
        Calls = new(timeProvider);
        _caller = new(timeProvider, new(_metrics, Calls));
        _typed = new(this);
        Events = new(timeProvider) { Observer = Observe };
        _recorder = new(Events, state, timeProvider, _logger);
        Detached = new(this, timeProvider);
        _batches = new(Detached, _logger);
        _folders = new(options, () => Reconsider(), timeProvider, loggers.CreateLogger("PluginRuntime.Packages"), Events);
        var load = new LoadOptions { CollectInterval = options.CollectInterval };
        _watch = new(load, new(loggers.CreateLogger<UnloadSweep>()), new(RootFinder.Beside, timeProvider), timeProvider, loggers.CreateLogger<UnloadWatch>());
        Loader = new(load, _watch, timeProvider, loggers.CreateLogger<ConnectorLoader>());
        _watch.Changed += Events.Unloaded;
        _watch.Changed += RetryPinned;
        Operations = new(timeProvider);
        _connections = new(options.Connections);
        Registry = new(() => _services ?? throw new InvalidOperationException("The runtime has not been started."));
        References = new(
            [.. options.ReferenceVariables], [.. options.ReferenceDirectories.Select(Path.GetFullPath)], Environment.GetEnvironmentVariable, SecretFiles.Read);
        _binder = new(
            DataDirectory,
            [.. new[] { StoreDirectory, Path.Combine(DataDirectory, "state"), options.DropDirectory, options.BuiltInsDirectory }.OfType<string>().Select(Path.GetFullPath)],
            References);
        _credentials = new(_named, _stored, References);
        _egress = new(EgressPolicy.Of(options.EgressAllow));
        _tokenEndpoint = new(_egress, timeProvider);
        _hosts = new(state, timeProvider) { Changed = () => Registry!.Divide() };
        _tokenStore = new(state, _hosts);
        _refreshTokens = new(_tokenStore, timeProvider, loggers.CreateLogger("PluginRuntime.Credentials"));
        _follower = new(state, ApplyAsync, Events, timeProvider, _logger);
        CredentialEditor = new(_stored, state, _follower, UsersOf, References, ApplyCredentialAsync);
        Editor = new(Registry, state, _follower, new InstanceValidator(() => _folders.Catalog, LookAgain, _binder, _credentials));
        Manifests = new(state, _folders, Registry, LookAgain, _follower, _credentials.HoldsUnbound);
        Swaps = new(Registry, Operations, () => _services!);
        Canaries = new(Registry, () => _services!);
        Connections = new(Registry, Editor, Swaps, Operations);
        Trials = new(Registry, Editor, () => _services!);
    }

    internal ConnectorLoader Loader { get; }

    internal UnloadWatch Watch => _watch;

    internal OperationLog Operations { get; }

    /// <summary>What happened lately.</summary>
    internal EventTrail Events { get; }

    /// <summary>How calls end, as they do.</summary>
    internal CallFeed Calls { get; }

    internal InstanceRegistry Registry { get; }

    /// <summary>Changes that come over the API.</summary>
    internal InstanceEditor Editor { get; }

    /// <summary>Swaps and rollbacks that somebody asks for.</summary>
    internal SwapOrders Swaps { get; }

    /// <summary>What somebody decides about canaries.</summary>
    internal CanaryOrders Canaries { get; }

    /// <summary>Resolves references; says which of them an administrator may send.</summary>
    internal References References { get; }

    /// <summary>Instances put into and out of service.</summary>
    internal InstanceConnections Connections { get; }

    /// <summary>Configurations tried for real, beside what runs.</summary>
    internal ConnectionTrials Trials { get; }

    /// <summary>Calls that are answered whatever the connector does to its thread.</summary>
    internal DetachedCalls Detached { get; }

    internal PackageCatalog Catalog => _folders.Catalog;

    /// <summary>Where packages are looked for.</summary>
    internal PackageFolders Folders => _folders;

    /// <summary>What somebody does to the store.</summary>
    internal PackageOrders Packages => new(Registry, Operations, _store!, _updates!, LookAgain, () => _folders.Catalog);

    /// <summary>What is wrong with the file of instances as a whole; null when nothing is.</summary>
    internal InstanceError? FileError => _file?.Error;

    internal string DataDirectory => Path.GetFullPath(_options.DataDirectory);

    private string StoreDirectory => Path.GetFullPath(_options.StoreDirectory ?? Path.Combine(DataDirectory, "store"));

    /// <summary>Opens store and state, finds packages and instances, and brings up what is required.</summary>
    /// <exception cref="RequiredInstanceException">A required instance cannot be brought up.</exception>
    /// <exception cref="PluginRuntimeException">Store or state cannot be opened.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!PoolThreads.Stay)
        {
            LoadingLog.PoolThreadsEnd(_loggers.CreateLogger("PluginRuntime.Loading"), PoolThreads.Setting, PoolThreads.Variable);
        }

        Directory.CreateDirectory(DataDirectory);
        _store = await PackageStore.OpenAsync(
            StoreDirectory, _timeProvider, _loggers.CreateLogger("PluginRuntime.Packages"), null, cancellationToken).ConfigureAwait(false);
        await _store.JoinAsync(UseMarks.NameOf(Environment.MachineName, DataDirectory), Needed, cancellationToken).ConfigureAwait(false);
        _updates = PackageUpdates.Create(
            _options.Packages, _store, DataDirectory, _folders, Registry, Reconsider, Events, _timeProvider,
            _loggers.CreateLogger("PluginRuntime.Packages"));
        var credentialLog = _loggers.CreateLogger("PluginRuntime.Credentials");
        var tokens = new SharedTokens(_tokenStore, _refreshTokens, _tokenEndpoint, _timeProvider, credentialLog);
        var pool = new CredentialPool(new(tokens, _refreshTokens, Events, _timeProvider, credentialLog));
        _services = new(
            new GenerationBuilder(_store, () => _folders.Catalog, Loader, _binder, _credentials, pool, _egress, _timeProvider, _loggers) { SecretFound = _options.SecretFound },
            _store,
            _watch,
            new(_watch, Loader, _options.HeldContexts),
            () => _folders.Catalog,
            _credentials,
            pool,
            _state,
            _hosts,
            Events,
            Operations,
            _connections,
            _timeProvider,
            _logger);
        var stored = await _state.LoadAsync(cancellationToken).ConfigureAwait(false);
        await _hosts.StartAsync(cancellationToken).ConfigureAwait(false);
        var told = await _recorder.StartAsync(cancellationToken).ConfigureAwait(false);
        if (_options.KeepProcessAlive)
        {
            UnhandledExceptions.Install(_loggers.CreateLogger("PluginRuntime.Loading"), Events.Unhandled);
        }

        Registry.Remember(stored.Versions);
        _refreshTokens.Load(stored.Tokens);
        await LoadCredentialsAsync(cancellationToken).ConfigureAwait(false);
        var looked = _timeProvider.GetTimestamp();
        await Manifests.RefreshAsync(cancellationToken).ConfigureAwait(false);
        _folders.Look();
        _logger.Found(_folders.Catalog.Count, _folders.Catalog.Problems.Count, _timeProvider.GetElapsedTime(looked).TotalMilliseconds);

        _named.Replace(DefinitionOrigin.Settings, NamedCredentials.FromSection(_options.CredentialsSection));
        _named.Replace(DefinitionOrigin.Code, NamedCredentials.FromCode(_options.Credentials));
        Registry.Replace(DefinitionOrigin.Settings, Definitions.FromSection(_options.InstancesSection));
        Registry.Replace(DefinitionOrigin.Code, Definitions.FromCode(_options.Instances));
        if (_options.ConfigFile is { } path)
        {
            _file = new(Path.GetFullPath(path), Apply, _timeProvider, _logger, Events);
            _file.Start();
        }

        Registry.Replace(DefinitionOrigin.Api, stored.Definitions.Select(pair => InstanceDefinition.Read(pair.Key, pair.Value)));
        _follower.Start(told ?? stored.Revision);
        _folders.Watch();
        await _updates.StartAsync(cancellationToken).ConfigureAwait(false);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask InvokeAsync(
        string instance,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var found = Get(instance);
        return found.FirstPass.IsCompleted
            ? _caller.InvokeAsync(found.Slot, action, input, output, options, cancellationToken)
            : InvokeOnceTriedAsync(found, action, input, output, options, cancellationToken);
    }

    public ValueTask<TOutput> InvokeAsync<TInput, TOutput>(
        string instance, string action, TInput input, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        _typed.InvokeAsync<TInput, TOutput>(instance, action, input, options, cancellationToken);

    public Task<IReadOnlyList<BatchResult>> BatchAsync(
        IReadOnlyList<BatchItem> items, BatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _batches.RunAsync(items, options ?? new(), cancellationToken);

    public async ValueTask<ConnectionLease<T>> RentAsync<T>(string instance, CancellationToken cancellationToken = default)
        where T : class
    {
        var (generation, stripe, rental) = await Caller.RentAsync(Get(instance).Slot, cancellationToken).ConfigureAwait(false);
        var connection = Border.ClientOf(rental.Connection);
        if (connection is T client)
        {
            return new(client, end => Caller.GiveBack(generation, stripe, rental, end));
        }

        var actual = connection.GetType();
        Caller.GiveBack(generation, stripe, rental, LeaseEnd.Returned);
        throw new LeaseTypeException(instance, typeof(T), actual);
    }

    public Task RegisterAsync(IConnector connector, RegistrationOptions? options = null, CancellationToken cancellationToken = default) =>
        LocalConnectors.RegisterAsync(Registry, connector, options ?? new(), cancellationToken);

    public Task UnregisterAsync(string instance, CancellationToken cancellationToken = default) =>
        LocalConnectors.UnregisterAsync(Registry, Get(instance), cancellationToken);

    public ConnectorList List() => List(ConnectorName.HostOrg);

    /// <summary>The connectors that an org may use.</summary>
    internal ConnectorList List(string org) => Listing.Connectors(_folders.Catalog, Registry.All, org);

    public IReadOnlyList<InstanceStatus> ListInstances() => [.. Registry.All.Select(instance => instance.Status())];

    public InstanceStatus GetInstance(string instance) => Get(instance).Status();

    public IReadOnlyList<ContextFacts> ListContexts(string connector) =>
        [.. Loader.Loaded().Concat(_watch.Facts()).Where(facts => facts.Connector == connector)];

    public async Task<IReadOnlyList<ContextFacts>> ExplainContextsAsync(string connector, CancellationToken cancellationToken = default)
    {
        await _watch.ExplainAsync(connector, cancellationToken).ConfigureAwait(false);
        return ListContexts(connector);
    }

    public Task<InstanceStatus> ConnectAsync(string instance, CancellationToken cancellationToken = default) =>
        Connections.EnableAsync(instance, isEnabled: true, cancellationToken);

    public Task<IReadOnlyList<ConnectionResult>> ConnectAllAsync(CancellationToken cancellationToken = default) =>
        Connections.EnableAllAsync(static _ => true, isEnabled: true, cancellationToken);

    public Task<InstanceStatus> DisconnectAsync(string instance, CancellationToken cancellationToken = default) =>
        Connections.EnableAsync(instance, isEnabled: false, cancellationToken);

    public Task<IReadOnlyList<ConnectionResult>> DisconnectAllAsync(CancellationToken cancellationToken = default) =>
        Connections.EnableAllAsync(static _ => true, isEnabled: false, cancellationToken);

    public Task<OperationSnapshot> ReconnectAsync(string instance, CancellationToken cancellationToken = default) =>
        Swaps.Reconnect(instance).Ended.WaitAsync(cancellationToken);

    public Task<IReadOnlyList<OperationSnapshot>> ReconnectAllAsync(CancellationToken cancellationToken = default) =>
        Connections.ReconnectAllAsync(static _ => true, cancellationToken);

    public Task<HealthReport> CheckHealthAsync(string instance, CancellationToken cancellationToken = default) =>
        Get(instance).CheckAsync(cancellationToken);

    public async Task<IReadOnlyList<InstanceHealth>> CheckAllHealthAsync(CancellationToken cancellationToken = default) =>
        await Task.WhenAll(Registry.All.Select(
            async instance => new InstanceHealth(instance.Name, await instance.CheckAsync(cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);

    public HealthReport GetHealthStatus(string instance) => Get(instance).Health;

    public async Task ShutdownAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
        {
            return;
        }

        if (_file is not null)
        {
            await _file.DisposeAsync().ConfigureAwait(false);
        }

        if (_updates is not null)
        {
            await _updates.DisposeAsync().ConfigureAwait(false);
        }

        await _follower.DisposeAsync().ConfigureAwait(false);
        await _folders.DisposeAsync().ConfigureAwait(false);
        await Registry.StopAsync("the host is draining.").WaitAsync(cancellationToken).ConfigureAwait(false);
        await _hosts.DisposeAsync().ConfigureAwait(false);
        await LocalConnectors.EndAsync(Registry.All, _timeProvider, _logger).ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
        _refreshTokens.Dispose();
        _tokenEndpoint.Dispose();
        await _recorder.DisposeAsync().ConfigureAwait(false);
        _store?.Dispose();
        _metrics.Dispose();
    }

    public async ValueTask DisposeAsync() => await ShutdownAsync().ConfigureAwait(false);

    /// <summary>A call that comes while its instance is brought up for the first time waits for that, no longer than it would for an answer.</summary>
    private async ValueTask InvokeOnceTriedAsync(
        Instance instance,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallOptions? options,
        CancellationToken cancellationToken)
    {
        var limit = instance.Definition?.Config?.Timeout ?? TimeSpan.Zero;
        limit = options?.Timeout is { } asked && asked < limit ? asked : limit;
        var start = _timeProvider.GetTimestamp();
        try
        {
            await instance.FirstPass.WaitAsync(limit, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new InstanceUnavailableException(instance.Name, instance.Slot.Reason);
        }

        var left = limit - _timeProvider.GetElapsedTime(start);
        await _caller.InvokeAsync(
            instance.Slot, action, input, output, (options ?? new()) with { Timeout = left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1) },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when every instance there is has been tried once.</summary>
    internal Task FirstPassesAsync() => Task.WhenAll(Registry.All.Select(instance => instance.FirstPass));

    internal Instance Get(string name) => Registry.Find(name) ?? throw new InstanceUnknownException(name);

    private IEnumerable<InstanceSample> Samples() => Registry.All.Select(instance => instance.Sample());

    /// <summary>Looks for packages now, and at what instances should run where there are others.</summary>
    internal PackageCatalog LookAgain()
    {
        if (_folders.Look())
        {
            Reconsider();
        }

        return _folders.Catalog;
    }

    private void Observe(RuntimeEvent happened)
    {
        _metrics.Count(happened);
        _updates?.Observe(happened);
    }

    private IEnumerable<PackageIdentity> Needed() =>
        Registry.Needed().Concat(Loader.Loaded().Select(facts => new PackageIdentity(facts.Connector, facts.Version, facts.Hash)));

    /// <summary>A context is gone: a swap that its connector was refused may go on now.</summary>
    private void RetryPinned(ContextFacts facts)
    {
        foreach (var instance in Registry.All.Where(instance => facts.CollectedAt is not null && instance.LastError?.Code == HeldContexts.Code))
        {
            instance.Reconsider();
        }
    }

    private void Reconsider() => Registry.All.ToList().ForEach(instance => instance.Reconsider());
}
