using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages;

internal enum FileKind
{
    File,
    Directory,
    Link,
    Other,
}

/// <summary>What is known of a file without opening it. Two equal ones mean: nobody touched it in between, as far as the clock of the file
/// system can tell.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permissions; none where the system has no such thing.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Modified">When its bytes changed: nanoseconds since 1970.</param>
/// <param name="Changed">When anything of it changed, in a way that copying tools cannot set back; on Linux only.</param>
/// <param name="Device">The file system; on Linux only.</param>
/// <param name="Inode">The file's number there; on Linux only.</param>
internal readonly record struct FileStat(
    FileKind Kind, UnixFileMode Mode, long Size, long Modified, long Changed, ulong Device, ulong Inode)
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const UnixFileMode Foreign = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(2);

    /// <summary>Whether group or others may write it.</summary>
    public bool IsWritableByOthers => Kind != FileKind.Link && (Mode & Foreign) != 0;

    public DateTimeOffset ModifiedAt => DateTimeOffset.UnixEpoch.AddTicks(Modified / 100);

    /// <summary>Whether it changed so recently that one more change may show the same stamps: within the coarsest tick of a file system's
    /// clock.</summary>
    public bool IsYoung(DateTimeOffset now) => now - DateTimeOffset.UnixEpoch.AddTicks(Math.Max(Modified, Changed) / 100) < s_tick;

    /// <summary>Looks at a path; null when nothing is there.</summary>
    /// <exception cref="IOException">It could not be looked at; that is not the same as not being there.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise, where the system reports it so.</exception>
    public static FileStat? Read(string path, bool followLinks = false) =>
        OperatingSystem.IsLinux() ? ReadLinux(CurrentDirectory, path, followLinks ? 0 : NoFollow) : ReadPortable(path, followLinks);

    /// <summary>Looks at an open file; null where the system cannot.</summary>
    public static FileStat? Read(SafeFileHandle handle) =>
        OperatingSystem.IsLinux() ? ReadLinux((int)handle.DangerousGetHandle(), "", EmptyPath) : null;

    private static unsafe FileStat? ReadLinux(int directory, string path, int flags)
    {
        StatXBuffer buffer;
        if (Posix.StatX(directory, path, flags, BasicStats, &buffer) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno is Posix.NoEntry or Posix.NotDirectory ? null : throw new PosixException("stat", path, errno);
        }

        var kind = (buffer.Mode & 0xf000) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.Link,
            _ => FileKind.Other,
        };
        return new(kind, (UnixFileMode)(buffer.Mode & 0xfff), (long)buffer.Size, buffer.Modified.Nanoseconds, buffer.Changed.Nanoseconds,
            ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor, buffer.Inode);
    }

    private static FileStat? ReadPortable(string path, bool followLinks)
    {
        FileSystemInfo? info = new FileInfo(path);
        if (followLinks && info.LinkTarget is not null) info = info.ResolveLinkTarget(returnFinalTarget: true);
        if (info is null || (int)info.Attributes == -1) return null;
        var kind = info.Attributes.HasFlag(FileAttributes.ReparsePoint) ? FileKind.Link
            : info.Attributes.HasFlag(FileAttributes.Directory) ? FileKind.Directory
            : FileKind.File;
        var modified = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        var mode = OperatingSystem.IsWindows() ? UnixFileMode.None : info.UnixFileMode;
        return new(kind, mode, kind == FileKind.File ? new FileInfo(info.FullName).Length : 0, modified, 0, 0, 0);
    }
}

/// <summary>Linux's <c>struct statx</c>: the one stat whose layout is the same on every processor.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatXBuffer
{
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(96)] public StatXTime Changed;
    [FieldOffset(112)] public StatXTime Modified;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;
}

/// <summary>Linux's <c>struct statx_timestamp</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct StatXTime
{
    [FieldOffset(0)] public long Seconds;
    [FieldOffset(8)] public uint Fraction;

    public readonly long Nanoseconds => (Seconds * 1_000_000_000) + Fraction;
}
