using System.Buffers.Binary;

namespace PluginRuntime.Packages.Archives;

/// <summary>Reads the headers of a zip, strictly: the entries and the list of them have to fill the file without gap or overlap, and the
/// two headers of an entry have to agree. So no two readers can see different packages in it.</summary>
/// <remarks>After PKWARE's APPNOTE 6.3.10; of it accepted: stored and deflated entries, data descriptors, UTF-8 names. Not accepted: ZIP64,
/// encryption, several disks, a comment on the archive.</remarks>
internal sealed class CentralDirectory(ArchiveFile file, ArchiveLimits limits)
{
    private const uint EndSignature = 0x06054b50;
    private const uint CentralSignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const uint DescriptorSignature = 0x08074b50;
    private const int EndSize = 22;
    private const int CentralSize = 46;
    private const int LocalSize = 30;
    private const ushort Zip64Extra = 0x0001;
    private const ushort HasDescriptor = 0x0008;
    private const ushort Utf8 = 0x0800;
    private const ushort AcceptedFlags = 0x0006 | HasDescriptor | Utf8;

    /// <summary>All entries, in the order of the list.</summary>
    /// <exception cref="PackageRefusedException"><c>package.archive</c>, <c>package.path</c>, <c>package.too-large</c>.</exception>
    public IReadOnlyList<ArchiveEntry> Read()
    {
        if (file.Length > limits.FileSize) throw TooLarge($"It has {file.Length} bytes; {limits.FileSize} are accepted.");
        if (file.Length < EndSize) throw Bad("It is no zip: it is too short.");
        var end = new byte[EndSize];
        file.ReadExactly(file.Length - EndSize, end);
        if (U32(end, 0) != EndSignature) throw Bad("It does not end as a zip does: it is cut short, no zip, or has something behind it.");
        if (U16(end, 20) != 0) throw Bad("Its end record has a comment.");
        if (U16(end, 4) != 0 || U16(end, 6) != 0 || U16(end, 8) != U16(end, 10)) throw Bad("It is one of several disks.");
        var (count, size, offset) = (U16(end, 10), U32(end, 12), U32(end, 16));
        if (count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue) throw Zip64();
        if (count > limits.Entries) throw TooLarge($"It has {count} entries; {limits.Entries} are accepted.");
        if ((long)offset + size != file.Length - EndSize) throw Bad("Its list of entries does not end where its end record begins.");
        if (size > limits.DirectorySize) throw TooLarge($"Its list of entries has {size} bytes; {limits.DirectorySize} are accepted.");

        var entries = ReadList(offset, (int)size, count);
        return CheckTiling(entries, offset);
    }

    private ArchiveEntry[] ReadList(uint offset, int size, int count)
    {
        var list = new byte[size];
        file.ReadExactly(offset, list);
        var entries = new ArchiveEntry[count];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var isEntry = at + CentralSize <= size && U32(list, at) == CentralSignature;
            if (!isEntry) throw Bad("Its list of entries is shorter than its end record says.");
            var header = list.AsSpan(at, CentralSize);
            int nameSize = U16(header, 28), extraSize = U16(header, 30), commentSize = U16(header, 32);
            var next = at + CentralSize + nameSize + extraSize + commentSize;
            if (next > size) throw Bad("An entry reaches behind the end of the list.");
            entries[i] = ReadEntry(header, list.AsSpan(at + CentralSize, nameSize));
            if (HasZip64(list.AsSpan(at + CentralSize + nameSize, extraSize))) throw Zip64();
            at = next;
        }

        return at == size ? entries : throw Bad("Its list of entries is longer than its end record says.");
    }

    private ArchiveEntry ReadEntry(ReadOnlySpan<byte> header, ReadOnlySpan<byte> nameBytes)
    {
        var flags = U16(header, 8);
        if (EntryName.Decode(nameBytes, (flags & Utf8) != 0) is not { } name)
        {
            throw file.Refuse(PackageCodes.Path, "An entry's name is not UTF-8, or is not marked as such.");
        }

        if (name.Length > limits.NameLength)
        {
            throw file.Refuse(PackageCodes.Path, $"An entry's name has {name.Length} characters; {limits.NameLength} are accepted.");
        }

        var entry = new ArchiveEntry(name, EntryName.Unescape(name), flags, Method: U16(header, 10), Crc: U32(header, 16),
            PackedSize: U32(header, 20), Size: U32(header, 24), Attributes: U32(header, 38), HeaderOffset: U32(header, 42));
        if (entry.PackedSize == uint.MaxValue || entry.Size == uint.MaxValue || entry.HeaderOffset == uint.MaxValue) throw Zip64();
        if (U16(header, 34) != 0) throw Bad($"{Shown(entry)} lies on another disk.");
        if ((flags & ~AcceptedFlags) != 0)
        {
            throw Bad($"{Shown(entry)} is encrypted or uses another feature that is not accepted (flags 0x{flags:x4}).");
        }

        return entry.Method switch
        {
            0 when entry.Size != entry.PackedSize => throw Bad($"{Shown(entry)} is stored, yet packed and unpacked size differ."),
            0 or 8 => entry,
            _ => throw Bad($"{Shown(entry)} is compressed by method {entry.Method}; stored and deflated are accepted."),
        };
    }

    /// <summary>Walks the entries as they lie in the file; each has to begin where the one before ends.</summary>
    private ArchiveEntry[] CheckTiling(ArchiveEntry[] entries, long listOffset)
    {
        var found = new ArchiveEntry[entries.Length];
        long expected = 0;
        foreach (var (i, entry) in entries.Index().OrderBy(indexed => indexed.Item.HeaderOffset))
        {
            if (entry.HeaderOffset != expected) throw Bad($"{Shown(entry)} overlaps another entry, or lies behind bytes that no entry owns.");
            found[i] = entry with { DataOffset = ReadLocal(entry) };
            var dataEnd = found[i].DataOffset + entry.PackedSize;
            if (dataEnd > listOffset) throw Bad($"{Shown(entry)} reaches into the list of entries.");
            expected = dataEnd + ((entry.Flags & HasDescriptor) == 0 ? 0 : ReadDescriptor(entry, dataEnd));
        }

        return expected == listOffset ? found : throw Bad("Bytes that no entry owns lie before its list of entries.");
    }

    /// <summary>Compares the local header with the entry. Returns where the content begins.</summary>
    private long ReadLocal(ArchiveEntry entry)
    {
        Span<byte> header = stackalloc byte[LocalSize];
        file.ReadExactly(entry.HeaderOffset, header);
        if (U32(header, 0) != LocalSignature) throw Bad($"{Shown(entry)} has no local header.");
        int nameSize = U16(header, 26), extraSize = U16(header, 28);
        var isLate = (entry.Flags & HasDescriptor) != 0;
        var agrees = U16(header, 6) == entry.Flags && U16(header, 8) == entry.Method
            && Is(U32(header, 14), entry.Crc) && Is(U32(header, 18), entry.PackedSize) && Is(U32(header, 22), entry.Size);
        var rest = new byte[nameSize + extraSize];
        file.ReadExactly(entry.HeaderOffset + LocalSize, rest);
        if (!agrees || EntryName.Decode(rest.AsSpan(0, nameSize), (entry.Flags & Utf8) != 0) != entry.Name)
        {
            throw Bad($"{Shown(entry)}: its local header and the list of entries disagree.");
        }

        if (HasZip64(rest.AsSpan(nameSize))) throw Zip64();
        return entry.HeaderOffset + LocalSize + rest.Length;

        // Who writes a descriptor did not know yet, and may have left zeros.
        bool Is(uint said, uint known) => said == known || (isLate && said == 0);
    }

    /// <summary>The size of the descriptor behind the content; its signature is optional.</summary>
    private int ReadDescriptor(ArchiveEntry entry, long offset)
    {
        Span<byte> descriptor = stackalloc byte[16];
        file.ReadExactly(offset, descriptor);
        if (U32(descriptor, 0) == DescriptorSignature && Agrees(descriptor[4..])) return 16;
        return Agrees(descriptor) ? 12 : throw Bad($"{Shown(entry)}: its data descriptor and the list of entries disagree.");

        bool Agrees(ReadOnlySpan<byte> fields) =>
            U32(fields, 0) == entry.Crc && U32(fields, 4) == entry.PackedSize && U32(fields, 8) == entry.Size;
    }

    private static bool HasZip64(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            if (U16(extra, 0) == Zip64Extra) return true;
            extra = extra[Math.Min(extra.Length, 4 + U16(extra, 2))..];
        }

        return false;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static string Shown(ArchiveEntry entry) => EntryName.Quote(entry.Name);

    private PackageRefusedException Bad(string detail) => file.Refuse(PackageCodes.BadArchive, detail);

    private PackageRefusedException Zip64() => Bad("It uses ZIP64, which a package within the limits does not need.");

    private PackageRefusedException TooLarge(string detail) => file.Refuse(PackageCodes.TooLarge, detail);
}
