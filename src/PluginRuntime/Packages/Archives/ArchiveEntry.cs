namespace PluginRuntime.Packages.Archives;

/// <summary>One entry of a zip, as both of its headers say.</summary>
/// <param name="Name">As written.</param>
/// <param name="Path">Where it lands: NuGet undoes percent-encoding once.</param>
/// <param name="Flags">The general purpose bits.</param>
/// <param name="Method">0 stored, 8 deflated.</param>
/// <param name="Crc">CRC-32 of its content.</param>
/// <param name="PackedSize">In bytes.</param>
/// <param name="Size">Unpacked, in bytes.</param>
/// <param name="Attributes">The mode of a Unix file in the upper half, DOS attributes in the lower one.</param>
/// <param name="HeaderOffset">Where its local header begins.</param>
internal sealed record ArchiveEntry(string Name, string Path, ushort Flags, ushort Method, uint Crc, uint PackedSize, uint Size,
    uint Attributes, uint HeaderOffset)
{
    /// <summary>Where its packed content begins; known after the local header was read.</summary>
    public long DataOffset { get; init; }

    public bool IsDirectory => Path.EndsWith('/');
}
