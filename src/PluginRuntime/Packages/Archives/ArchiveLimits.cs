namespace PluginRuntime.Packages.Archives;

/// <summary>How large a package file may be, packed and unpacked. Sizes are in bytes.</summary>
internal sealed record ArchiveLimits
{
    private const long MiB = 1024 * 1024;

    /// <summary>The file itself. Default 512 MiB; 4 GiB at the most, for what is larger needs ZIP64, which is refused.</summary>
    public long FileSize { get; init; } = 512 * MiB;

    /// <summary>Files and directories. Default 10,000; 65,534 at the most.</summary>
    public int Entries { get; init; } = 10_000;

    /// <summary>The zip's list of its entries, the one thing besides the nuspec that is read into memory whole. Default 16 MiB.</summary>
    public int DirectorySize { get; init; } = (int)(16 * MiB);

    /// <summary>All entries unpacked. Default 1 GiB.</summary>
    public long UnpackedSize { get; init; } = 1024 * MiB;

    /// <summary>One entry unpacked. Default 512 MiB.</summary>
    public long EntrySize { get; init; } = 512 * MiB;

    /// <summary>How many bytes one packed byte may unpack to, in entries above <see cref="RatioFrom"/>. Default 200.</summary>
    public int Ratio { get; init; } = 200;

    /// <summary>Up to this unpacked size the ratio does not matter. Default 1 MiB.</summary>
    public long RatioFrom { get; init; } = MiB;

    /// <summary>The nuspec unpacked. Default 1 MiB.</summary>
    public int NuspecSize { get; init; } = (int)MiB;

    /// <summary>An entry's name in characters, as written and as it unpacks. Default 260.</summary>
    public int NameLength { get; init; } = 260;
}
