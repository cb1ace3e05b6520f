using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages;

/// <summary>One writer of a store at a time, over tasks and over processes. The kernel releases it when its holder dies.</summary>
internal sealed class StoreLock(string path, TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _here = new(1, 1);

    /// <summary>Waits until nobody else writes; disposing the answer lets the next one in.</summary>
    /// <exception cref="IOException">The lock file could not be opened or locked.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public async Task<IDisposable> AcquireAsync(CancellationToken cancellationToken)
    {
        await _here.WaitAsync(cancellationToken).ConfigureAwait(false);
        SafeFileHandle? handle = null;
        try
        {
            // Asked again and again rather than waited for in the kernel, so that a caller can give up.
            while ((handle = TryOpen()) is null) await Task.Delay(s_retry, timeProvider, cancellationToken).ConfigureAwait(false);
            return new Held(this, handle);
        }
        catch
        {
            handle?.Dispose();
            _here.Release();
            throw;
        }
    }

    public void Dispose() => _here.Dispose();

    private SafeFileHandle? TryOpen()
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception.HResult == unchecked((int)0x80070020))   // ERROR_SHARING_VIOLATION
            {
                return null;
            }
        }

        var handle = Posix.OpenLock(path);
        try
        {
            if (Posix.TryLock(handle, path)) return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        handle.Dispose();
        return null;
    }

    private sealed class Held(StoreLock owner, SafeFileHandle handle) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) != 0) return;
            handle.Dispose();
            owner._here.Release();
        }
    }
}
