using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Connectors.Jail;

/// <summary>What the system says of a file, of itself and not of where a link leads.</summary>
/// <param name="Mode">Kind and permissions.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">When it was changed last, UTC.</param>
/// <param name="Tag">Another text whenever the file was changed or replaced, as far as the file system's clock tells.</param>
/// <param name="Identity">The same for the same file, as long as it is there.</param>
internal sealed record FileStat(int Mode, long Size, DateTimeOffset Modified, string Tag, (ulong Device, ulong Number) Identity)
{
    private const int KindMask = 0xF000;
    private const uint BasicStats = 0x7FF;
    private const int NanosecondsPerTick = 100;

    internal bool IsFile => (Mode & KindMask) == 0x8000;

    internal bool IsDirectory => (Mode & KindMask) == 0x4000;

    internal bool IsLink => (Mode & KindMask) == 0xA000;

    /// <summary><c>file</c>, <c>directory</c>, <c>link</c> or <c>other</c>.</summary>
    internal string Kind => IsFile ? "file" : IsDirectory ? "directory" : IsLink ? "link" : "other";

    internal static FileStat Of(SafeFileHandle handle, string path) => Read(handle, "", SystemCalls.AtEmptyPath, out var errno) ?? throw JailFailure.Of(errno, path);

    /// <returns>Null when there is nothing of that name.</returns>
    internal static FileStat? Find(SafeFileHandle directory, string name, string path)
    {
        var stat = Read(directory, name, SystemCalls.AtSymlinkNoFollow, out var errno);
        return stat is not null || errno == JailFailure.NoEntry ? stat : throw JailFailure.Of(errno, path);
    }

    private static unsafe FileStat? Read(SafeFileHandle directory, string name, int flags, out int errno)
    {
        Buffer buffer;
        errno = SystemCalls.StatX(directory, name, flags, BasicStats, &buffer) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno != 0)
        {
            return null;
        }

        var modified = DateTimeOffset.FromUnixTimeSeconds(buffer.Seconds).AddTicks(buffer.Nanoseconds / NanosecondsPerTick);
        var tag = string.Create(CultureInfo.InvariantCulture, $"{buffer.Number:x}-{buffer.Size:x}-{buffer.Seconds:x}.{buffer.Nanoseconds:x}");
        return new(buffer.Mode, (long)buffer.Size, modified, tag, (((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor, buffer.Number));
    }

    /// <summary>The kernel's <c>struct statx</c>, which is laid out alike on all processors.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Buffer
    {
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Number;
        [FieldOffset(40)] internal ulong Size;
        [FieldOffset(112)] internal long Seconds;
        [FieldOffset(120)] internal uint Nanoseconds;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }
}
