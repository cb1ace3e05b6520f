using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>What was installed from sources and lies in the store, in the shape of a folder that was looked at.</summary>
internal sealed class InstalledPackages(PackageStore store, BlockList blocked, Func<PackageIdentity, PackageProvenance?, bool> isLockedOut)
{
    private IReadOnlyList<ScannedPackage> _last = [];

    /// <summary>Looks at the store's records. One caller at a time.</summary>
    /// <param name="problems">What else is to be told: sources that do not answer, packages that were refused.</param>
    internal FolderScan Scan(IReadOnlyList<PackageProblem> problems)
    {
        try
        {
            var installed = store.List()
                .Where(package => package.Origin == PackageOrigin.Feed && !isLockedOut(package.Identity, package.Provenance)).ToList();
            var taken = installed.Where(package => blocked.Contains(package.Identity.Id, package.Identity.Version)).ToList();
            _last = [.. installed.Except(taken).Select(package => new ScannedPackage(Describe(package), package.Identity.Hash))];
            return new(FolderState.Read, _last, [.. problems, .. taken.Select(Blocked)], [], false);
        }
        catch (StoreException exception)
        {
            return new(FolderState.Unreadable, _last, [.. problems, new("store", exception.Code, exception.Message)], [], false);
        }
    }

    private static PackageCandidate Describe(StoredPackage package) =>
        new(package.Identity, package.Manifest, PackageOrigin.Feed, $"{package.Identity.Id} {package.Identity.Version}", package.Directory) { Provenance = package.Provenance };

    private static PackageProblem Blocked(StoredPackage package) =>
        new($"{package.Identity.Id} {package.Identity.Version}", PackageCodes.Blocked, "The block-list takes it out of service.");
}
