using System.Threading.Channels;

namespace PluginRuntime.Cli.Dev;

/// <summary>Tells when sources change: once it is quiet, without what builds and editors write for themselves.</summary>
internal sealed class SourceWatch(TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan _quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);

    // Holds one token at most: however many events, there is one thing to do.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();

    // All guarded by _lock. Whether a file was made since the last change was given out, by its path.
    private Dictionary<string, bool> _changed = new(StringComparer.Ordinal);
    private long? _saved;
    private bool _isLost;

    /// <summary>Watches a directory too, with all that is below it.</summary>
    internal void Add(string directory)
    {
        if (_watchers.Keys.Any(known => directory == known || directory.StartsWith(known + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
        {
            return;
        }

        var watcher = new FileSystemWatcher(directory)
        {
            IncludeSubdirectories = true,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        _watchers[directory] = watcher;
        watcher.Created += (_, change) => Note(directory, change.FullPath, isNew: true);
        watcher.Changed += (_, change) => Note(directory, change.FullPath, isNew: false);
        watcher.Deleted += (_, change) => Note(directory, change.FullPath, isNew: false);
        watcher.Renamed += (_, change) =>
        {
            Note(directory, change.OldFullPath, isNew: false);
            Note(directory, change.FullPath, isNew: true);
        };
        watcher.Error += (_, _) => Lose();
        watcher.EnableRaisingEvents = true;
    }

    /// <summary>Waits for the next change, which may have come already.</summary>
    internal async Task<SourceChange> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _signals.Reader.ReadAsync(cancellationToken);
            await QuietAsync(cancellationToken);
            if (Take() is { } change)
            {
                return change;
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    /// <summary>Whether a path is what people write: not below <c>bin</c> or <c>obj</c>, not hidden, and not what editors keep beside it.</summary>
    internal static bool IsSource(string relative) =>
        !relative.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "" || part[0] is '.' or '#')
        && !relative.EndsWith('~') && Path.GetExtension(relative) is not (".tmp" or ".swp") && Path.GetFileName(relative) is not "packages.lock.json";

    private void Note(string directory, string path, bool isNew)
    {
        // A directory that changes is one with files that do.
        if (!IsSource(Path.GetRelativePath(directory, path)) || (!isNew && Directory.Exists(path)))
        {
            return;
        }

        lock (_lock)
        {
            _saved ??= timeProvider.GetTimestamp();
            _changed.TryAdd(path, isNew);
        }

        _signals.Writer.TryWrite(true);
    }

    /// <summary>Events were dropped: anything may have changed.</summary>
    private void Lose()
    {
        lock (_lock)
        {
            _saved ??= timeProvider.GetTimestamp();
            _isLost = true;
        }

        _signals.Writer.TryWrite(true);
    }

    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        do
        {
            await Task.Delay(_quiet, timeProvider, cancellationToken);
        }
        while (_signals.Reader.TryRead(out _) && timeProvider.GetElapsedTime(start) < _longest);
    }

    /// <returns>Null when nothing is left of it: files that were made and taken away again.</returns>
    private SourceChange? Take()
    {
        lock (_lock)
        {
            var (changed, saved, isLost) = (_changed, _saved, _isLost);
            (_changed, _saved, _isLost) = (new(StringComparer.Ordinal), null, false);
            IReadOnlyCollection<string> paths = [.. changed.Where(entry => !entry.Value || Path.Exists(entry.Key)).Select(entry => entry.Key)];
            return saved is null || (paths.Count == 0 && !isLost) ? null : new(saved.Value, isLost ? [] : paths);
        }
    }
}
