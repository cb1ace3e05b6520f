using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Connectors.Jail;

/// <summary>The system calls that work from an open directory on, which .NET has not. With the constants of Linux.</summary>
/// <remarks><c>openat</c> is variadic in C; on Linux's processors of 64 bits an integer goes there as to any other function.</remarks>
internal static partial class SystemCalls
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int CreateNew = 0x40 | 0x80;
    internal const int Create = 0x40;
    internal const int Append = 0x400;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;

    internal const int AtSymlinkNoFollow = 0x100;
    internal const int AtRemoveDirectory = 0x200;
    internal const int AtEmptyPath = 0x1000;

    private static readonly bool _armLayout = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Ppc64le;

    internal static int Directory { get; } = _armLayout ? 0x4000 : 0x10000;

    internal static int NoFollow { get; } = _armLayout ? 0x8000 : 0x20000;

    /// <summary>Whether these calls and constants are right here.</summary>
    internal static bool AreKnown { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64 or Architecture.Ppc64le or Architecture.RiscV64;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle OpenAt(SafeFileHandle directory, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectoryAt(SafeFileHandle directory, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt(SafeFileHandle from, string name, SafeFileHandle to, string newName);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkAt(SafeFileHandle from, string name, SafeFileHandle to, string newName, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int UnlinkAt(SafeFileHandle directory, string name, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(SafeFileHandle handle, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int StatX(SafeFileHandle directory, string path, int flags, uint mask, FileStat.Buffer* buffer);

    /// <summary>Takes the handle over when it succeeds.</summary>
    [LibraryImport("libc", EntryPoint = "fdopendir", SetLastError = true)]
    internal static partial nint OpenStream(nint handle);

    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    internal static partial nint ReadEntry(nint stream);

    [LibraryImport("libc", EntryPoint = "closedir")]
    internal static partial int CloseStream(nint stream);
}
