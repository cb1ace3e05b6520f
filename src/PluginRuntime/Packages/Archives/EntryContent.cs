using System.IO.Compression;

namespace PluginRuntime.Packages.Archives;

/// <summary>Unpacks entries without keeping them, to see whether each holds what its header says. One at a time.</summary>
internal sealed class EntryContent(ArchiveFile file)
{
    private static readonly string[] _archiveExtensions = [".nupkg", ".snupkg", ".zip"];

    // Zips by format, which nothing opens here; packages that serve Android as well hold them.
    private static readonly string[] _javaExtensions = [".aar", ".jar"];

    private readonly byte[] _buffer = new byte[128 * 1024];

    /// <summary>Unpacks one entry; never more of it than its header says, and one block.</summary>
    /// <param name="entry">Its size was checked.</param>
    /// <param name="copy">Gets the content; null when nobody needs it.</param>
    /// <param name="cancellationToken">Stops between two blocks.</param>
    /// <exception cref="PackageRefusedException"><c>package.crc</c>, <c>package.nested</c>, <c>package.too-large</c> when it unpacks to
    /// more than it says.</exception>
    public void Check(ArchiveEntry entry, Stream? copy, CancellationToken cancellationToken)
    {
        if (HasOneOf(_archiveExtensions, entry)) throw Nested(entry);
        var mayBeZip = HasOneOf(_javaExtensions, entry);
        using var packed = new PackedStream(file, entry);
        using Stream unpacked = entry.Method == 0 ? packed : new DeflateStream(packed, CompressionMode.Decompress, leaveOpen: true);
        var (length, crc) = (0L, 0u);
        while (Fill(unpacked, entry) is > 0 and var count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var block = _buffer.AsSpan(0, count);
            if (length == 0 && !mayBeZip && IsZip(block)) throw Nested(entry);
            length += count;
            if (length > entry.Size)
            {
                throw file.Refuse(PackageCodes.TooLarge, $"{Shown(entry)} unpacks to more than the {entry.Size} bytes it says.");
            }

            crc = Crc32.Append(crc, block);
            copy?.Write(block);
        }

        if (length != entry.Size) throw Damaged(entry, $"unpacks to {length} bytes, and says {entry.Size}");
        if (crc != entry.Crc) throw Damaged(entry, "does not have the CRC it says");

        // An empty file may be deflated to nothing at all.
        var endsElsewhere = entry.Method != 0 && entry.PackedSize > 0 && (packed.IsUnread || packed.IsOverread);
        if (endsElsewhere) throw Damaged(entry, "does not end where its packed content ends");
    }

    private static bool HasOneOf(string[] extensions, ArchiveEntry entry) =>
        Array.Exists(extensions, extension => entry.Path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    private static bool IsZip(ReadOnlySpan<byte> content) =>
        content.StartsWith("PK\u0003\u0004"u8) || content.StartsWith("PK\u0005\u0006"u8);

    private int Fill(Stream unpacked, ArchiveEntry entry)
    {
        try
        {
            return unpacked.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException)
        {
            throw Damaged(entry, "cannot be unpacked");
        }
    }

    private static string Shown(ArchiveEntry entry) => EntryName.Quote(entry.Name);

    private PackageRefusedException Damaged(ArchiveEntry entry, string how) => file.Refuse(PackageCodes.Crc, $"{Shown(entry)} {how}.");

    private PackageRefusedException Nested(ArchiveEntry entry) =>
        file.Refuse(PackageCodes.Nested, $"{Shown(entry)} is an archive in the archive.");
}
