using System.Text;

namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>Writes a zip byte by byte, with any lie in it. Without one it is a good zip.</summary>
internal sealed class HostileArchive
{
    private readonly List<HostileEntry> _entries = [];
    private Func<HostileEnd, HostileEnd> _end = end => end;
    private byte[] _before = [], _beforeList = [], _beforeEnd = [], _after = [];
    private uint _offsetLie;

    public HostileArchive Add(params IEnumerable<HostileEntry> entries)
    {
        _entries.AddRange(entries);
        return this;
    }

    /// <summary>Changes what the end record says.</summary>
    public HostileArchive End(Func<HostileEnd, HostileEnd> lie)
    {
        _end = lie;
        return this;
    }

    /// <summary>Bytes that no header knows of, at four places.</summary>
    /// <param name="before">At the file's start.</param>
    /// <param name="beforeList">Between the last entry and the list.</param>
    /// <param name="beforeEnd">Between the list and the end record.</param>
    /// <param name="after">Behind the end record.</param>
    /// <param name="isCounted">Whether offsets count those at the start.</param>
    public HostileArchive Garbage(byte[]? before = null, byte[]? beforeList = null, byte[]? beforeEnd = null, byte[]? after = null,
        bool isCounted = true)
    {
        (_before, _beforeList, _beforeEnd, _after) = (before ?? [], beforeList ?? [], beforeEnd ?? [], after ?? []);
        _offsetLie = isCounted ? 0 : (uint)_before.Length;
        return this;
    }

    public byte[] Build()
    {
        using var output = new MemoryStream();
        using var writer = new BinaryWriter(output, Encoding.UTF8);
        writer.Write(_before);
        var offsets = new List<uint>();
        foreach (var entry in _entries)
        {
            writer.Write(entry.Before);
            offsets.Add((uint)output.Position - _offsetLie);
            if (entry.IsWritten) WriteLocal(writer, entry);
        }

        writer.Write(_beforeList);
        var listOffset = (uint)output.Position;
        foreach (var (entry, offset) in _entries.Zip(offsets)) WriteCentral(writer, entry.Central, offset);

        var count = (ushort)_entries.Count;
        var end = _end(new(0, 0, count, count, (uint)output.Position - listOffset, listOffset - _offsetLie, []));
        writer.Write(_beforeEnd);
        WriteEnd(writer, end);
        writer.Write(_after);
        return output.ToArray();
    }

    public static byte[] EndRecord(HostileEnd end)
    {
        using var output = new MemoryStream();
        using var writer = new BinaryWriter(output, Encoding.UTF8);
        WriteEnd(writer, end);
        return output.ToArray();
    }

    private static void WriteLocal(BinaryWriter writer, HostileEntry entry)
    {
        var header = entry.Local;
        writer.Write(header.Signature ?? 0x04034b50);
        writer.Write((ushort)20);
        WriteCommon(writer, header);
        writer.Write((ushort)header.Name.Length);
        writer.Write((ushort)header.Extra.Length);
        writer.Write(header.Name);
        writer.Write(header.Extra);
        writer.Write(entry.Packed);
        writer.Write(entry.Descriptor);
    }

    private static void WriteCentral(BinaryWriter writer, HostileHeader header, uint offset)
    {
        writer.Write(header.Signature ?? 0x02014b50);
        writer.Write((ushort)0x0314);
        writer.Write((ushort)20);
        WriteCommon(writer, header);
        writer.Write((ushort)header.Name.Length);
        writer.Write((ushort)header.Extra.Length);
        writer.Write((ushort)0);
        writer.Write(header.Disk);
        writer.Write((ushort)0);
        writer.Write(header.Attributes);
        writer.Write(header.Offset ?? offset);
        writer.Write(header.Name);
        writer.Write(header.Extra);
    }

    private static void WriteCommon(BinaryWriter writer, HostileHeader header)
    {
        writer.Write(header.Flags);
        writer.Write(header.Method);
        writer.Write(0x58210000);
        writer.Write(header.Crc);
        writer.Write(header.PackedSize);
        writer.Write(header.Size);
    }

    private static void WriteEnd(BinaryWriter writer, HostileEnd end)
    {
        writer.Write(0x06054b50);
        writer.Write(end.Disk);
        writer.Write(end.ListDisk);
        writer.Write(end.CountHere);
        writer.Write(end.Count);
        writer.Write(end.ListSize);
        writer.Write(end.ListOffset);
        writer.Write((ushort)end.Comment.Length);
        writer.Write(end.Comment);
    }
}

/// <summary>The end record's fields, in their order.</summary>
internal sealed record HostileEnd(ushort Disk, ushort ListDisk, ushort CountHere, ushort Count, uint ListSize, uint ListOffset, byte[] Comment);
