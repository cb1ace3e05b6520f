using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>
/// Keeps what instances need installed: asks the sources at intervals, and at once when an instance has nothing that it could run. One pass
/// at a time; installing changes the catalog, and that is what instances react to.
/// </summary>
/// <remarks>A start with all that is needed in the store asks no source before the first interval is over.</remarks>
internal sealed partial class PackageUpdates : IAsyncDisposable
{
    private const double Jitter = 0.1;

    private readonly PackageOptions _options;
    private readonly PackageInstaller _installer;
    private readonly PackageStore _store;
    private readonly PackageFolders _folders;
    private readonly InstanceRegistry _registry;
    private readonly LockKeeper _keeper;
    private readonly ArrivedPackages _arrived;
    private readonly UpdateChoice _choice;
    private readonly Action _changed;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly WakeableWait _wait;
    private readonly PackageCollection _collection;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, PackageProblem> _problems = new(StringComparer.Ordinal);

    // What was refused for its own sake is not tried again by this process; a new version is another matter.
    private readonly ConcurrentDictionary<(string, SemanticVersion), PackageProblem> _refused = new();
    private Task _loop = Task.CompletedTask;
    private volatile bool _isForAll;

    internal PackageUpdates(
        PackageOptions options,
        PackageInstaller installer,
        PackageStore store,
        PackageFolders folders,
        InstanceRegistry registry,
        LockKeeper keeper,
        ArrivedPackages arrived,
        Action changed,
        EventTrail events,
        TimeProvider timeProvider,
        ILogger logger)
    {
        (_options, _installer, _store, _folders, _registry, _keeper, _arrived) = (options, installer, store, folders, registry, keeper, arrived);
        (_changed, _timeProvider, _logger) = (changed, timeProvider, logger);
        _choice = new(options, () => keeper.File, timeProvider);
        _wait = new(timeProvider);
        _collection = new(options.KeepUnused, store, Expected, LookAgain, events, timeProvider, logger);
    }

    /// <summary>Puts together what installs from sources, and what was installed before.</summary>
    /// <param name="options">The sources and the rules.</param>
    /// <param name="store">Where packages go.</param>
    /// <param name="data">The data directory: for downloads, and for the lock file.</param>
    /// <param name="folders">Gets to know what is installed.</param>
    /// <param name="registry">The instances that need packages.</param>
    /// <param name="changed">Called when the catalog has changed.</param>
    /// <param name="events">The trail.</param>
    /// <param name="timeProvider">Paces the polls.</param>
    /// <param name="logger">Told what is installed, and what is removed.</param>
    internal static PackageUpdates Create(
        PackageOptions options, PackageStore store, string data, PackageFolders folders, InstanceRegistry registry, Action changed, EventTrail events, TimeProvider timeProvider,
        ILogger logger)
    {
        var keeper = new LockKeeper(options.LockFile ?? Path.Combine(data, LockFile.Name), registry, store, logger);
        keeper.Load();
        var installed = new InstalledPackages(
            store, new(options.Blocked),
            (identity, provenance) => options.Locked && provenance is not null && !keeper.File.Has(identity.Id, identity.Version.ToString(), provenance));
        var arrived = new ArrivedPackages(Path.Combine(data, "arrived"), folders);
        var installer = new PackageInstaller(options, arrived.Folders, store, Path.Combine(data, "package-cache"), new(), timeProvider);
        var updates = new PackageUpdates(options, installer, store, folders, registry, keeper, arrived, changed, events, timeProvider, logger);
        folders.Add(() => installed.Scan(updates.Problems));
        return updates;
    }

    /// <summary>What sources and packages are at fault now.</summary>
    internal IReadOnlyList<PackageProblem> Problems =>
        [.. _problems.Values.Concat(_refused.Values).OrderBy(problem => problem.Source, StringComparer.Ordinal)];

    /// <summary>Whether there is anybody to ask.</summary>
    internal bool HasSources => _options.Sources.Count > 0 || !_arrived.IsEmpty;

    internal bool AllowsUpload => _options.AllowUpload;

    /// <summary>What came by itself.</summary>
    internal ArrivedPackages Arrived => _arrived;

    /// <summary>Installs what required instances lack, and begins to look after the others.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        Settle();
        await PassAsync(instance => instance.Definition is { IsRequired: true } && IsLacking(instance), cancellationToken).ConfigureAwait(false);
        _registry.Changed = _wait.Wake;
        _folders.ArchivesChanged = WakeForAll;
        _wait.Wake();
        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
        _collection.Start();
    }

    /// <summary>Takes in what happened to instances. Neither waits nor fails.</summary>
    internal void Observe(RuntimeEvent happened)
    {
        switch (happened)
        {
            case { Type: EventTypes.Published }:
                // What runs now is to be kept, and what was to go back to before may go.
                _ = KeepAsync(_stopping.Token);
                _collection.Wake();
                break;
            case { Type: EventTypes.Unloaded }:
                _collection.Wake();
                break;
            case { Type: EventTypes.Failed, Code: PackageCodes.StoreMissing }:
                // Another host was faster to remove it than the instance to go there.
                LookAgain();
                _wait.Wake();
                break;
        }
    }

    /// <summary>Looks at once what any instance should get: what sources offer is not as it was.</summary>
    internal void WakeForAll()
    {
        _isForAll = true;
        _wait.Wake();
    }

    /// <summary>The connectors on the sources, and those that other orgs share.</summary>
    /// <param name="text">What to look for; empty for all.</param>
    /// <param name="org">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<MarketplaceList> SearchAsync(string text, string org, CancellationToken cancellationToken) =>
        MarketplaceList.Of(_choice.Admit(await _installer.SearchAsync(text, cancellationToken).ConfigureAwait(false)), _folders.Catalog, org, text);

    /// <summary>Asks the sources now for what any instance should get, as a poll does.</summary>
    /// <returns>What sources and packages are at fault after it.</returns>
    internal async Task<IReadOnlyList<PackageProblem>> PollAsync()
    {
        await PassAsync(_ => true, _stopping.Token).ConfigureAwait(false);
        return Problems;
    }

    /// <summary>The highest version of a range, for somebody's order.</summary>
    /// <exception cref="FeedException">A source failed, or has nothing in the range.</exception>
    internal async Task<FeedVersion> ChooseAsync(string id, VersionRange range, CancellationToken cancellationToken)
    {
        RefuseConflict(id);
        var versions = await _installer.ListAsync(id, cancellationToken).ConfigureAwait(false);
        return _choice.Best(id, range, versions, isOut: _ => false, isOrdered: true) ?? throw new FeedException(
            id, PackageCodes.Unmatched, $"no version is in {range}. There are: {string.Join(", ", versions.Select(version => version.Version))}.");
    }

    /// <summary>Installs a version on somebody's order.</summary>
    /// <exception cref="FeedException">A source failed.</exception>
    /// <exception cref="PackageRefusedException">It was refused.</exception>
    internal async Task<StoredPackage> InstallAsync(string id, VersionRange range, FeedVersion best, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var stored = await _installer.InstallAsync(id, best, Locked(id, range, best), cancellationToken).ConfigureAwait(false);
            _refused.TryRemove((id, best.Version), out _);
            await _store.RenewAsync(stored.Identity, cancellationToken).ConfigureAwait(false);
            return stored;
        }
        finally
        {
            _turn.Release();
            LookAgain();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _registry.Changed = null;
        _folders.ArchivesChanged = null;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _collection.DisposeAsync().ConfigureAwait(false);

        // Comes behind what is being written.
        await KeepAsync(CancellationToken.None).ConfigureAwait(false);
    }

    // What is locked is decided elsewhere: then the file is read only, also where an instance is away for now.
    private Task KeepAsync(CancellationToken cancellationToken) => _options.Locked ? Task.CompletedTask : _keeper.UpdateAsync(cancellationToken);

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var next = NextPoll();
        while (true)
        {
            var left = next - _timeProvider.GetElapsedTime(0);
            var isWoken = left > TimeSpan.Zero && await _wait.WaitAsync(left, cancellationToken).ConfigureAwait(false);
            try
            {
                var isForAll = !isWoken || Interlocked.Exchange(ref _isForAll, false);
                Settle();
                await PassAsync(isForAll ? _ => true : IsLacking, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: what is installed goes on, and the next pass tries again.
                _logger.UpdateFailed(exception);
            }

            if (!isWoken)
            {
                next = NextPoll();
            }
        }
    }

    private TimeSpan NextPoll() =>
        _timeProvider.GetElapsedTime(0) + (_options.PollInterval * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble())));

    private void Settle()
    {
        try
        {
            _arrived.Settle();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next pass tries again; what other sources offer need not wait.
            _logger.UpdateFailed(exception);
        }
    }

    private async Task PassAsync(Func<Instance, bool> isConcerned, CancellationToken cancellationToken)
    {
        if (!HasSources)
        {
            return;
        }

        foreach (var (id, instances) in Wanted(isConcerned))
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await ServeAsync(id, instances, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>The connectors that instances want, and packages can have, with these.</summary>
    private IReadOnlyList<(string Id, IReadOnlyList<Instance> Instances)> Wanted(Func<Instance, bool> isConcerned) =>
        [.. _registry.All
            .Where(instance => instance.Definition is { Local: null, Config: { Enabled: true } config } && ConnectorName.IsPlain(config.Connector) && isConcerned(instance))
            .GroupBy(instance => instance.Definition!.Config!.Connector, StringComparer.Ordinal)
            .Select(group => (group.Key, (IReadOnlyList<Instance>)[.. group]))];

    private async Task ServeAsync(string id, IReadOnlyList<Instance> instances, CancellationToken cancellationToken)
    {
        try
        {
            if (!_installer.Serves(id))
            {
                return;
            }

            RefuseConflict(id);
            ForgetPassing(id);
            var versions = await _installer.ListAsync(id, cancellationToken).ConfigureAwait(false);
            foreach (var instance in instances)
            {
                // A definition may change meanwhile; then the registry wakes us again.
                var range = instance.Definition?.Config?.Version;
                while (range is not null && _choice.For(instance, _folders.Catalog, versions, version => _refused.ContainsKey((id, version))) is { } best
                    && !await TryInstallAsync(id, best, Locked(id, range, best), cancellationToken).ConfigureAwait(false))
                {
                    // Refused: the next best.
                }
            }

            _problems.TryRemove(id, out _);
        }
        catch (FeedException exception)
        {
            if (IsServedElsewhere(id, exception))
            {
                _problems.TryRemove(id, out _);
            }
            else
            {
                _problems[id] = new(exception.PackageSource, exception.Code, exception.Detail);
            }
        }
        catch (LockException exception)
        {
            _problems[id] = new(id, exception.Code, exception.Message);
        }
        catch (StoreException exception)
        {
            _problems[id] = new("store", exception.Code, exception.Message);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was, it is this connector's: neither the others nor the host's start wait for it.
            _logger.UpdateFailed(exception);
            _problems[id] = new(id, PackageCodes.SourceFailed, $"The installation ended unexpectedly: {exception.GetType().Name}.");
        }

        LookAgain();
    }

    // What another source offers, or what lies in a folder, need not be on this one as well.
    private bool IsServedElsewhere(string id, FeedException exception) => exception.Code == PackageCodes.Unknown && _folders.Catalog.Find(id).Count > 0;

    // A package stays what it is, but what it needs may come to a source.
    private void ForgetPassing(string id)
    {
        foreach (var (key, _) in _refused.Where(pair => pair.Key.Item1 == id && pair.Value.Code == PackageCodes.Dependency))
        {
            _refused.TryRemove(key, out _);
        }
    }

    private async Task<bool> TryInstallAsync(string id, FeedVersion version, LockEntry? locked, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await _installer.InstallAsync(id, version, locked, cancellationToken).ConfigureAwait(false);
            _logger.Installed(stored.Identity, version.Source);
            return true;
        }
        catch (PackageRefusedException refused)
        {
            _refused[(id, version.Version)] = new($"{id} {version.Version}", refused.Code, refused.Detail);
            return false;
        }
    }

    /// <summary>What instances do not need now, but may well: the best of their range, and what the lock file says.</summary>
    private IReadOnlyList<PackageIdentity> Expected()
    {
        var file = _keeper.File;
        var locked = _store.List()
            .Where(package => package.Provenance is { } provenance && file.Has(package.Identity.Id, package.Identity.Version.ToString(), provenance))
            .Select(package => package.Identity);
        return [.. _registry.All.Select(instance => instance.Best).SelectMany(best => new[] { best?.Identity, best?.Carrier }).OfType<PackageIdentity>(), .. locked];
    }

    private LockEntry? Locked(string id, VersionRange range, FeedVersion version) =>
        _keeper.File.Find(id, range.ToString()) is { } entry && entry.Version == version.Version.ToString() ? entry : null;

    /// <summary>Whether nothing that it could run is here.</summary>
    private bool IsLacking(Instance instance) =>
        instance.Definition?.Config is { } config
        && _folders.Catalog.Resolve(config.Connector, config.Version, _ => false) is null
        && instance.Slot.Live is null;

    private void RefuseConflict(string id)
    {
        if (_folders.Catalog.Find(id).FirstOrDefault(candidate => candidate.Origin == PackageOrigin.Drop) is { } dropped)
        {
            throw new FeedException(id, PackageCodes.SourceConflict, $"the drop-in folder has it as well ({dropped.Source}); it is installed from one place only.");
        }
    }

    private void LookAgain()
    {
        if (_folders.Look())
        {
            _changed();
        }
    }
}
