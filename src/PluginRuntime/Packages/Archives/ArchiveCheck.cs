using System.Xml;

namespace PluginRuntime.Packages.Archives;

/// <summary>Checks a NuGet package file before anything is unpacked from it: that it is one zip that all readers read alike, that its
/// entries stay in their directory and hold what they say, that it is not too large, and that it is the package asked for.</summary>
/// <remarks>NuGet checks none of that when it restores. Signatures are not looked at here, and neither is what the files are for.</remarks>
internal static class ArchiveCheck
{
    private const uint FileTypeMask = 0xf000;
    private const uint RegularFile = 0x8000;
    private const uint Directory = 0x4000;
    private const uint SetUserOrGroup = 0x0c00;
    private const uint DosReparsePoint = 0x0400;

    /// <summary>Reads the whole file. Nothing is written, and no entry is kept in memory whole but the nuspec.</summary>
    /// <param name="file">The package file. Whoever may write it must not do so meanwhile, nor between this and the unpacking.</param>
    /// <param name="source">The package as people see it, for errors.</param>
    /// <param name="id">The package asked for; case does not matter. Null with a null version to find out what it is.</param>
    /// <param name="version">Likewise, in any of NuGet's spellings: 1.0 and 1.0.0.0+build are the same.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="cancellationToken">Stops between two blocks.</param>
    /// <exception cref="PackageRefusedException"><c>package.archive</c>, <c>package.path</c>, <c>package.collision</c>,
    /// <c>package.link</c>, <c>package.too-large</c>, <c>package.nested</c>, <c>package.crc</c>, <c>package.nuspec</c>,
    /// <c>package.identity</c>, <c>package.unreadable</c>.</exception>
    public static ArchiveFacts Check(string file, string source, string? id, string? version, ArchiveLimits limits,
        CancellationToken cancellationToken)
    {
        using var archive = new ArchiveFile(file, source);
        var entries = new CentralDirectory(archive, limits).Read();
        CheckNames(archive, entries, limits);
        CheckModes(archive, entries);
        CheckSizes(archive, entries, limits);
        var nuspecEntry = FindNuspec(archive, entries, limits);

        using var nuspecContent = new MemoryStream();
        var content = new EntryContent(archive);
        foreach (var entry in entries)
        {
            content.Check(entry, entry == nuspecEntry ? nuspecContent : null, cancellationToken);
        }

        nuspecContent.Position = 0;
        var nuspec = ReadNuspec(archive, nuspecContent);
        CheckIdentity(archive, nuspec, id, version);
        return new(nuspec.Id, nuspec.Version, archive.Hash(cancellationToken), entries.Sum(entry => (long)entry.Size),
            [.. entries.Where(entry => !entry.IsDirectory).Select(entry => entry.Path)], nuspec.PackageTypes);
    }

    private static void CheckNames(ArchiveFile archive, IReadOnlyList<ArchiveEntry> entries, ArchiveLimits limits)
    {
        foreach (var entry in entries)
        {
            if (EntryName.FindDefect(entry.Name) is { } defect)
            {
                throw archive.Refuse(PackageCodes.Path, $"The name {EntryName.Quote(entry.Name)} {defect}.");
            }
        }

        if (NameCollisions.Find(entries.Select(entry => entry.Path)) is { } pair)
        {
            throw archive.Refuse(PackageCodes.Collision,
                $"{EntryName.Quote(pair.First)} and {EntryName.Quote(pair.Second)} are one and the same on some file systems.");
        }
    }

    private static void CheckModes(ArchiveFile archive, IReadOnlyList<ArchiveEntry> entries)
    {
        foreach (var entry in entries)
        {
            var mode = entry.Attributes >> 16;
            var isPlain = (mode & FileTypeMask) is 0 || (mode & FileTypeMask) == (entry.IsDirectory ? Directory : RegularFile);
            if (!isPlain || (mode & SetUserOrGroup) != 0 || (entry.Attributes & DosReparsePoint) != 0)
            {
                throw archive.Refuse(PackageCodes.Link,
                    $"{EntryName.Quote(entry.Name)} is a link or another special file (mode {Convert.ToString(mode, 8)}).");
            }
        }
    }

    private static void CheckSizes(ArchiveFile archive, IReadOnlyList<ArchiveEntry> entries, ArchiveLimits limits)
    {
        long total = 0;
        foreach (var entry in entries)
        {
            total += entry.Size;
            var name = EntryName.Quote(entry.Name);
            if (entry.IsDirectory && entry.Size > 0) throw archive.Refuse(PackageCodes.BadArchive, $"{name} is a directory with content.");
            if (entry.Size > limits.EntrySize) throw TooLarge($"{name} unpacks to {entry.Size} bytes; {limits.EntrySize} are accepted.");
            if (total > limits.UnpackedSize) throw TooLarge($"It unpacks to more than {limits.UnpackedSize} bytes.");
            if (entry.Size > limits.RatioFrom && entry.Size > (long)limits.Ratio * entry.PackedSize)
            {
                throw TooLarge($"{name} unpacks to more than {limits.Ratio} times its packed size.");
            }
        }

        PackageRefusedException TooLarge(string detail) => archive.Refuse(PackageCodes.TooLarge, detail);
    }

    private static ArchiveEntry FindNuspec(ArchiveFile archive, IReadOnlyList<ArchiveEntry> entries, ArchiveLimits limits)
    {
        var found = entries.Where(entry => !entry.Path.Contains('/')
            && entry.Path.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count != 1) throw archive.Refuse(PackageCodes.Nuspec, $"It has {found.Count} nuspecs at its root; a package has one.");
        return found[0].Size <= limits.NuspecSize
            ? found[0]
            : throw archive.Refuse(PackageCodes.TooLarge, $"Its nuspec has {found[0].Size} bytes; {limits.NuspecSize} are accepted.");
    }

    private static Nuspec ReadNuspec(ArchiveFile archive, Stream content)
    {
        try
        {
            return Nuspec.Read(content);
        }
        catch (XmlException exception)
        {
            throw archive.Refuse(PackageCodes.Nuspec, $"Its nuspec cannot be read: {exception.Message}");
        }
    }

    private static void CheckIdentity(ArchiveFile archive, Nuspec nuspec, string? id, string? version)
    {
        if (NuGetVersionText.Normalize(nuspec.Version) is not { } normalized)
        {
            throw archive.Refuse(PackageCodes.Nuspec, $"Its nuspec's version {EntryName.Quote(nuspec.Version)} is none.");
        }

        if (id is null || version is null)
        {
            return;
        }

        if (!nuspec.Id.Equals(id, StringComparison.OrdinalIgnoreCase) || normalized != NuGetVersionText.Normalize(version))
        {
            throw archive.Refuse(PackageCodes.IdentityMismatch,
                $"It is {EntryName.Quote(nuspec.Id)} {EntryName.Quote(nuspec.Version)}, not '{id}' '{version}'.");
        }
    }
}
