using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages;

/// <summary>An unfinished package. Its directory is locked while its owner lives, which is how another process knows a leftover from work
/// in progress.</summary>
internal sealed class StagingArea : IDisposable
{
    private readonly ILogger _logger;
    private readonly SafeFileHandle? _handle;

    private StagingArea(string path, SafeFileHandle? handle, ILogger logger) => (Path, _handle, _logger) = (path, handle, logger);

    public string Path { get; }

    /// <summary>Makes one. The store's lock is held, so that nobody looks between the two steps.</summary>
    public static StagingArea Create_NeedsLock(string staging, ILogger logger)
    {
        var path = System.IO.Path.Join(staging, Guid.NewGuid().ToString("N"));
        StoreDirectory.Create(path);
        if (OperatingSystem.IsWindows()) return new(path, null, logger);
        var handle = Posix.OpenDirectory(path);
        try
        {
            Posix.TryLock(handle, path);   // new: nobody else has it
            return new(path, handle, logger);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Removes what a dead process left.</summary>
    public static void Collect_NeedsLock(string staging, ILogger logger)
    {
        foreach (var path in Directory.GetDirectories(staging))
        {
            if (OperatingSystem.IsWindows())
            {
                Discard(path, logger);
                continue;
            }

            using var handle = TryOpen(path);
            if (handle is null || !Posix.TryLock(handle, path)) continue;
            Discard(path, logger);
            logger.LeftoverRemoved(path);
        }
    }

    // Its owner may be removing it at this moment.
    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return Posix.OpenDirectory(path);
        }
        catch (PosixException exception) when (exception.Errno == Posix.NoEntry)
        {
            return null;
        }
    }

    /// <summary>Removes the directory, unless it was moved to where it belongs.</summary>
    public void Dispose()
    {
        Discard(Path, _logger);
        _handle?.Dispose();
    }

    /// <summary>Removes a directory; a failure is logged, and the next open of the store tries again.</summary>
    public static void Discard(string path, ILogger logger)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.CleanupFailed(path, exception);
        }
    }
}
