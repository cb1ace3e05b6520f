using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>The folders that packages come from, watched; and the catalog of what lies in them.</summary>
internal sealed class PackageFolders : IAsyncDisposable
{
    private readonly List<FolderSource> _sources = [];
    private readonly Lock _scanning = new();
    private readonly FolderSource? _drop;
    private readonly Action _changed;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly EventTrail _events;
    private readonly List<Func<FolderScan>> _scans = [];
    private FolderWatcher? _watcher;
    private volatile PackageCatalog _catalog = PackageCatalog.Empty;
    private volatile IReadOnlyList<ScannedArchive> _archives = [];

    /// <param name="options">Where the folders are.</param>
    /// <param name="changed">Called when the catalog has changed.</param>
    /// <param name="timeProvider">Paces the watchers.</param>
    /// <param name="logger">Told what is refused.</param>
    /// <param name="events">Told of each problem when it is first seen.</param>
    internal PackageFolders(PluginRuntimeOptions options, Action changed, TimeProvider timeProvider, ILogger logger, EventTrail events)
    {
        _events = events;
        _changed = changed;
        _timeProvider = timeProvider;
        _logger = logger;
        if (options.BuiltInsDirectory is { } builtIns)
        {
            _sources.Add(new(builtIns, PackageOrigin.BuiltIn, timeProvider, logger));
        }

        if (options.DropDirectory is { } drop)
        {
            _drop = new(drop, PackageOrigin.Drop, timeProvider, logger);
            _sources.Add(_drop);
        }
    }

    /// <summary>What there is now.</summary>
    internal PackageCatalog Catalog => _catalog;

    /// <summary>The package files that lie in the folders.</summary>
    internal IReadOnlyList<ScannedArchive> Archives => _archives;

    /// <summary>Called when other package files lie in the folders.</summary>
    internal Action? ArchivesChanged { get; set; }

    /// <summary>One more place that counts at each look. Called before anything is looked at.</summary>
    internal void Add(Func<FolderScan> scan) => _scans.Add(scan);

    /// <summary>Starts watching the folder that may change.</summary>
    internal void Watch()
    {
        if (_drop is not null)
        {
            _watcher = new(_drop, LookAsync, _timeProvider, _logger);
        }
    }

    /// <summary>Looks at every folder.</summary>
    /// <returns>Whether the catalog changed.</returns>
    internal bool Look()
    {
        List<PackageProblem> added = [];
        bool areOthers, isOther;
        lock (_scanning)
        {
            IReadOnlyList<FolderScan> scans = [.. _sources.Select(source => source.Scan()), .. _scans.Select(scan => scan())];
            IReadOnlyList<ScannedArchive> archives = [.. scans.SelectMany(scan => scan.Archives)];
            areOthers = !archives.SequenceEqual(_archives);
            _archives = archives;
            var next = PackageCatalog.Merge(scans);
            isOther = next.Differs(_catalog);
            if (isOther)
            {
                added = [.. next.Problems.Except(_catalog.Problems)];
                _catalog = next;
            }
        }

        added.ForEach(_events.Refused);
        if (areOthers)
        {
            ArchivesChanged?.Invoke();
        }

        return isOther;
    }

    public ValueTask DisposeAsync() => _watcher?.DisposeAsync() ?? default;

    private Task LookAsync(CancellationToken cancellationToken)
    {
        if (Look())
        {
            _changed();
        }

        return Task.CompletedTask;
    }
}
