using Microsoft.Extensions.Logging;

namespace PluginRuntime.Packages;

/// <summary>The system's events of one folder, which may not be there yet, and may be replaced by another under the same name.</summary>
internal sealed class FolderEvents(string path, Action signal, ILogger logger) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private FileSystemWatcher? _watcher;
    private (ulong Device, ulong Inode)? _watched;
    private volatile bool _lost;
    private bool _reported;

    /// <summary>Watches the folder that lies at the path now. To be called before each look, by one caller: what changes after it raises
    /// the signal.</summary>
    public void Attach()
    {
        try
        {
            var now = FileStat.Read(path, followLinks: true) is { Kind: FileKind.Directory } stat
                ? (stat.Device, stat.Inode) : ((ulong, ulong)?)null;
            if (now == _watched && !_lost) return;
            Detach();
            if (now is null) return;
            _watcher = Watch(new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
            (_watched, _reported) = (now, false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Out of watches, or gone again; the polls go on, and each of them tries anew.
            Detach();
            if (_reported) return;
            _reported = true;
            logger.WatchFailed(path, exception);
        }
    }

    public void Dispose() => Detach();

    private FileSystemWatcher Watch(string folder)
    {
        var watcher = new FileSystemWatcher(folder)
        {
            IncludeSubdirectories = true,
            InternalBufferSize = BufferSize,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size
                | NotifyFilters.Attributes | NotifyFilters.Security | NotifyFilters.CreationTime,
        };
        try
        {
            watcher.Created += (_, _) => signal();
            watcher.Changed += (_, _) => signal();
            watcher.Deleted += (_, _) => signal();
            watcher.Renamed += (_, _) => signal();
            watcher.Error += (_, error) =>
            {
                // Events were dropped, or the folder went away: look at everything, and watch anew.
                logger.EventsLost(path, error.GetException());
                _lost = true;
                signal();
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch
        {
            watcher.Dispose();
            throw;
        }
    }

    private void Detach()
    {
        _watcher?.Dispose();
        (_watcher, _watched, _lost) = (null, null, false);
    }
}
