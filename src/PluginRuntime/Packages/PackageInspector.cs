using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>Looks at one directory of a folder: opens its manifest at most, and stats what that lists.</summary>
internal sealed class PackageInspector(PackageOrigin origin, ManifestCache manifests, LinkSearch links)
{
    public const string ManifestName = "connector.json";

    // The host's own files are as safe as the host: built-in packages need no check of who may write them.
    private readonly bool _checksWriters = origin != PackageOrigin.BuiltIn;

    /// <summary>Looks at a directory.</summary>
    /// <exception cref="PackageRefusedException">A link in the way, or a read failed.</exception>
    /// <exception cref="IOException">A stat failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
    public Inspection Inspect(string directory, string source, FileStat directoryStat)
    {
        var manifestPath = Path.Join(directory, ManifestName);
        if (FileStat.Read(manifestPath) is not { } manifestStat) return new(Waiting: new(Fingerprint(directoryStat), null));
        if (manifestStat.Kind != FileKind.File) return RefuseLink(source, ManifestName);
        var writable = directoryStat.IsWritableByOthers || manifestStat.IsWritableByOthers;
        if (_checksWriters && writable) return RefuseWritable(source, directory);
        if (manifestStat.Size == 0)
        {
            var problem = new PackageProblem(source, PackageCodes.ManifestInvalid, $"{ManifestName} is empty.");
            return new(Waiting: new(Fingerprint(directoryStat), problem));
        }


        var known = manifests.Read(directory, source, manifestStat);
        if (known.Result.Manifest is not { } manifest) return Refuse(source, PackageCodes.ManifestInvalid, Describe(known.Result.Errors));
        if (manifest.Runtime is null || manifest.Files.Count == 0)
        {
            return Refuse(source, PackageCodes.ManifestOnly,
                "The manifest has no 'runtime' or no 'files': a package must be built with the Sdk's build step.");
        }

        if (FindBadPath(manifest.Files) is { } bad)
        {
            return Refuse(source, PackageCodes.ManifestInvalid, $"'files' lists '{bad}', which leaves the package or is listed twice.");
        }

        var candidate = new PackageCandidate(new(manifest.Id, manifest.Version, known.Hash), manifest, origin, source, directory);
        return InspectFiles(candidate);
    }

    private Inspection InspectFiles(PackageCandidate candidate)
    {
        var stamp = new StringBuilder();
        var directories = new HashSet<string>(StringComparer.Ordinal);
        var plain = new HashSet<string>(StringComparer.Ordinal) { Path.Join(candidate.Directory, ManifestName) };
        string? missing = null;
        var writable = false;
        foreach (var file in candidate.Manifest.Files)
        {
            for (var cut = file.Path.IndexOf('/'); cut > 0; cut = file.Path.IndexOf('/', cut + 1))
            {
                if (!directories.Add(file.Path[..cut])) continue;
                var above = FileStat.Read(Path.Join(candidate.Directory, file.Path[..cut]));
                if (above is { Kind: FileKind.Link }) return RefuseLink(candidate.Source, file.Path[..cut]);
                writable |= above is { IsWritableByOthers: true };
            }

            var path = Path.Join(candidate.Directory, file.Path);
            var stat = FileStat.Read(path);
            Append(stamp, file.Path, stat);
            if (stat is { Kind: not FileKind.File }) return RefuseLink(candidate.Source, file.Path);
            if (stat is null) missing ??= $"'{file.Path}' is missing.";
            else if (stat.Value.Size != file.Size) missing ??= $"'{file.Path}' has {stat.Value.Size} bytes, the manifest says {file.Size}.";
            writable |= stat is { IsWritableByOthers: true };
            plain.Add(path);
        }

        if (links.Find(candidate.Directory, plain) is { } link) return RefuseLink(candidate.Source, link);
        if (_checksWriters && writable) return RefuseWritable(candidate.Source, candidate.Directory);
        var fingerprint = Hash(stamp);
        return missing is null
            ? new(Package: new(candidate, fingerprint))
            : new(Waiting: new($"{candidate.Identity.Hash} {fingerprint}", new(candidate.Source, PackageCodes.Incomplete, missing)));
    }

    /// <summary>What to do about a path that others may write.</summary>
    public static string WritableDetail(string path)
    {
        var quoted = path.Replace("'", "'\\''", StringComparison.Ordinal);
        return $"Group or others may write it, so anybody could put code into this host. Run: chmod -R go-w '{quoted}'";
    }

    private static Inspection Refuse(string source, string code, string detail) => new(Problem: new(source, code, detail));

    private static Inspection RefuseLink(string source, string path) =>
        Refuse(source, PackageCodes.Link, $"'{path}' is a link or no regular file; a package holds plain files and directories only.");

    private static Inspection RefuseWritable(string source, string directory) =>
        Refuse(source, PackageCodes.Writable, WritableDetail(directory));

    private static string? FindBadPath(IReadOnlyList<ManifestFile> files)
    {
        // Case is ignored: two names that fall together on another system are one too many.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { ManifestName };
        return files.FirstOrDefault(file => !PackageDirectory.IsInside(file.Path) || !seen.Add(file.Path))?.Path;
    }

    private static string Describe(IReadOnlyList<ValidationError> errors)
    {
        const int Shown = 20;
        var text = string.Join(" ", errors.Take(Shown).Select(error =>
            $"{(error.Pointer.Length == 0 ? "(document)" : error.Pointer)}: {error.Detail}"));
        return errors.Count > Shown ? $"{text} And {errors.Count - Shown} more." : text;
    }

    private static void Append(StringBuilder stamp, string path, FileStat? stat) => stamp.Append(path)
        .Append(CultureInfo.InvariantCulture, $" {stat?.Size} {stat?.Modified} {stat?.Changed} {stat?.Device} {stat?.Inode}\n");

    private static string Fingerprint(FileStat stat)
    {
        var stamp = new StringBuilder();
        Append(stamp, "", stat);
        return Hash(stamp);
    }

    private static string Hash(StringBuilder stamp) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp.ToString())).AsSpan(0, 16));
}
