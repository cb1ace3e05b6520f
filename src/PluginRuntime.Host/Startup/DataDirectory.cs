using Microsoft.Win32.SafeHandles;
using PluginRuntime.Host.Settings;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Startup;

/// <summary>The data directory, held by this process alone until it ends, however it ends.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable =
        Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly SafeFileHandle _lock;

    private DataDirectory(SafeFileHandle held) => _lock = held;

    /// <summary>Makes what is missing and takes the lock.</summary>
    /// <exception cref="StartException">A directory cannot be made, or another host uses the data directory.</exception>
    internal static DataDirectory Open(HostSettings settings)
    {
        Create(settings.DataDirectory, Private);
        if (settings.DropDirectory is { } drop)
        {
            Create(drop, Readable);
        }

        var path = Path.Combine(settings.DataDirectory, "host.lock");
        try
        {
            return new(TryLock(path) ?? throw new StartException(
                StartException.Failed, $"Another host uses the data directory {settings.DataDirectory}. Stop it, or give this one another by --data."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException(StartException.Failed, $"The data directory {settings.DataDirectory} cannot be locked: {exception.Message}");
        }
    }

    public void Dispose() => _lock.Dispose();

    private static SafeFileHandle? TryLock(string path)
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
        if (Posix.TryLock(handle, path))
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static void Create(string path, UnixFileMode mode)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, mode);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException(StartException.Failed, $"The directory {path} cannot be made: {exception.Message}");
        }
    }
}
