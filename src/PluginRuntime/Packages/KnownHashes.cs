using System.Text;

namespace PluginRuntime.Packages;

/// <summary>
/// The hash that each package had when it was first taken from a source: other bytes under the same id and version are refused from then
/// on, also when the package was removed meanwhile. A file each, at <c>known/&lt;id&gt;/&lt;version&gt;</c>, in lower case.
/// </summary>
internal sealed class KnownHashes(StoreLayout layout)
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>SHA-512 in Base64; null for a package that was never taken.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string? Find(string id, string version)
    {
        try
        {
            return File.ReadAllText(PathOf(id, version));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Keeps the hashes of a package and of what it needs.</summary>
    /// <exception cref="PackageRefusedException"><c>package.changed</c>: one of them is known with another hash.</exception>
    public async Task AddAsync_NeedsLock(PackageCandidate candidate, PackageProvenance provenance, CancellationToken cancellationToken)
    {
        StoreDirectory.Ensure(layout.Known);
        var itself = new ClosurePackage(candidate.Identity.Id, candidate.Identity.Version.ToString().Split('+')[0], provenance.Sha512);
        foreach (var package in provenance.Closure.Append(itself))
        {
            if (Find(package.Id, package.Version) is { } known)
            {
                if (known != package.Sha512)
                {
                    throw new PackageRefusedException(candidate.Source, PackageCodes.Changed,
                        $"{package.Id} {package.Version} was taken before with other bytes; a version is published once.");
                }

                continue;
            }

            var path = PathOf(package.Id, package.Version);
            StoreDirectory.Ensure(Path.GetDirectoryName(path)!);
            await AtomicFile.WriteAsync(path, Encoding.UTF8.GetBytes(package.Sha512), Mode, cancellationToken).ConfigureAwait(false);
        }
    }

    private string PathOf(string id, string version) => Path.Join(layout.Known, id.ToLowerInvariant(), version.ToLowerInvariant());
}
