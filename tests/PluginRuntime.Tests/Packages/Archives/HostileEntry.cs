using System.IO.Compression;
using System.Text;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>One entry of a <see cref="HostileArchive"/>: two headers that may differ, and what lies behind the first.</summary>
internal sealed record HostileEntry(HostileHeader Local, HostileHeader Central, byte[] Packed)
{
    public byte[] Descriptor { get; init; } = [];

    /// <summary>Bytes before its local header.</summary>
    public byte[] Before { get; init; } = [];

    /// <summary>False for an entry that is in the list alone.</summary>
    public bool IsWritten { get; init; } = true;

    public static HostileEntry Stored(string name, byte[] content) => Make(Encoding.UTF8.GetBytes(name), content, content, method: 0);

    public static HostileEntry Stored(string name, string content = "content") => Stored(name, Encoding.UTF8.GetBytes(content));

    public static HostileEntry Stored(byte[] name) => Make(name, "content"u8.ToArray(), "content"u8.ToArray(), method: 0);

    public static HostileEntry Deflated(string name, byte[] content) =>
        Make(Encoding.UTF8.GetBytes(name), content, Deflate(content), method: 8);

    public static HostileEntry Deflated(string name, string content) => Deflated(name, Encoding.UTF8.GetBytes(content));

    /// <summary>As many MiB of zeros, made cheaply: from the second on, each MiB deflates to the same bytes. The CRC is left out.</summary>
    public static HostileEntry Zeros(string name, int mebibytes)
    {
        var block = new byte[1024 * 1024];
        using var packed = new MemoryStream();
        long firstEnd, secondEnd;
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(block);
            deflate.Flush();
            firstEnd = packed.Length;
            deflate.Write(block);
            deflate.Flush();
            secondEnd = packed.Length;
        }

        var (first, second, end) = (packed.ToArray()[..(int)firstEnd], packed.ToArray()[(int)firstEnd..(int)secondEnd], packed.ToArray()[(int)secondEnd..]);
        byte[] all = [.. first, .. Enumerable.Repeat(second, mebibytes - 1).SelectMany(bytes => bytes), .. end];
        return Make(Encoding.UTF8.GetBytes(name), [], all, method: 8).Lie(header => header with { Size = (uint)(mebibytes * block.Length) });
    }

    /// <summary>Changes both headers alike.</summary>
    public HostileEntry Lie(Func<HostileHeader, HostileHeader> lie) => this with { Local = lie(Local), Central = lie(Central) };

    public HostileEntry LieInLocal(Func<HostileHeader, HostileHeader> lie) => this with { Local = lie(Local) };

    public HostileEntry LieInList(Func<HostileHeader, HostileHeader> lie) => this with { Central = lie(Central) };

    /// <summary>Sizes and CRC in a descriptor behind the content, as who writes to a pipe does.</summary>
    public HostileEntry WithDescriptor(bool isSigned, uint crcLie = 0)
    {
        using var output = new MemoryStream();
        using var writer = new BinaryWriter(output);
        if (isSigned) writer.Write(0x08074b50);
        writer.Write(Central.Crc ^ crcLie);
        writer.Write(Central.PackedSize);
        writer.Write(Central.Size);
        return Lie(header => header with { Flags = (ushort)(header.Flags | 8) })
            .LieInLocal(header => header with { Crc = 0, PackedSize = 0, Size = 0 }) with
        { Descriptor = output.ToArray() };
    }

    public static byte[] Deflate(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal)) deflate.Write(content);
        return packed.ToArray();
    }

    private static HostileEntry Make(byte[] name, byte[] content, byte[] packed, ushort method)
    {
        var flags = (ushort)(Ascii.IsValid(name) ? 0 : 0x0800);
        var header = new HostileHeader(name, flags, method, Crc32.Append(0, content), (uint)packed.Length, (uint)content.Length);
        return new(header, header, packed);
    }
}

/// <summary>The fields of an entry's headers; some are in the list alone.</summary>
internal sealed record HostileHeader(byte[] Name, ushort Flags, ushort Method, uint Crc, uint PackedSize, uint Size)
{
    public uint? Signature { get; init; }

    public byte[] Extra { get; init; } = [];

    public ushort Disk { get; init; }

    public uint Attributes { get; init; } = 0x81a4_0000;

    /// <summary>Where the local header is said to be; null for where it is.</summary>
    public uint? Offset { get; init; }
}
