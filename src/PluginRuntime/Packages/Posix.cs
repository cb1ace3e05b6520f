using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages;

/// <summary>The system calls that .NET hides or softens: it swallows a failed fsync, cannot sync a directory, and always follows
/// links.</summary>
/// <remarks>Constants differ by system and by processor; those here hold for Linux and macOS.</remarks>
internal static partial class Posix
{
    public const int NoEntry = 2;
    public const int NotDirectory = 20;
    private const int Interrupted = 4;
    private const int ReadWrite = 2;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;

    private static readonly bool s_mac = OperatingSystem.IsMacOS();
    private static readonly bool s_armLayout =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Armv6 or Architecture.Ppc64le;

    private static readonly int s_wouldBlock = s_mac ? 35 : 11;
    private static readonly int s_closeOnExec = s_mac ? 0x1000000 : 0x80000;
    private static readonly int s_nonBlocking = s_mac ? 0x4 : 0x800;
    private static readonly int s_directory = s_mac ? 0x100000 : s_armLayout ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = s_mac ? 0x100 : s_armLayout ? 0x8000 : 0x20000;

    /// <summary>What opening a symbolic link answers when links are not followed.</summary>
    public static int TooManyLinks { get; } = s_mac ? 62 : 40;

    /// <summary>Makes a file's or directory's bytes durable. After a failure the file is to be thrown away: a second sync may
    /// lie.</summary>
    /// <exception cref="PosixException">The disk did not take it.</exception>
    public static void Sync(SafeFileHandle handle, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(handle);
            return;
        }

        while (FSync(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() is var errno and not Interrupted) throw new PosixException("fsync", path, errno);
        }
    }

    /// <summary>Makes the names in a directory durable. Windows has no such call, and journals them.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        using var handle = OpenDirectory(path);
        Sync(handle, path);
    }

    /// <summary>Opens a directory; its last segment may not be a link.</summary>
    public static SafeFileHandle OpenDirectory(string path) => Checked(() => Open(path, s_directory | s_noFollow | s_closeOnExec), path);

    public static SafeFileHandle OpenDirectoryAt(SafeFileHandle directory, string name) =>
        Checked(() => OpenAt(directory, name, s_directory | s_noFollow | s_closeOnExec), name);

    /// <summary>Opens for reading; never follows a link, and does not wait for the writer of a pipe.</summary>
    public static SafeFileHandle OpenFileAt(SafeFileHandle directory, string name) =>
        Checked(() => OpenAt(directory, name, s_noFollow | s_nonBlocking | s_closeOnExec), name);

    /// <summary>Opens a lock file, made if it is not there. .NET's own open would take a lock of its own and fail while another holds
    /// it.</summary>
    public static SafeFileHandle OpenLock(string path)
    {
        if (!File.Exists(path)) Checked(() => Create(path, 0x180), path).Dispose();   // creat: open's mode argument is variadic
        return Checked(() => Open(path, ReadWrite | s_noFollow | s_closeOnExec), path);
    }

    /// <summary>Takes the exclusive lock of an open file, which the kernel releases when the handle is closed or the process
    /// dies.</summary>
    /// <returns>False when another holds it.</returns>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        while (FLock(handle, LockExclusive | LockNonBlocking) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno == s_wouldBlock) return false;
            if (errno != Interrupted) throw new PosixException("flock", path, errno);
        }

        return true;
    }

    private static SafeFileHandle Checked(Func<SafeFileHandle> open, string path)
    {
        while (true)
        {
            var handle = open();
            if (!handle.IsInvalid) return handle;
            var errno = Marshal.GetLastPInvokeError();
            handle.Dispose();
            if (errno != Interrupted) throw new PosixException("open", path, errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "creat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Create(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int StatX(int directory, string path, int flags, uint mask, StatXBuffer* buffer);
}
