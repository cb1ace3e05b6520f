using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Which package an instance should run.</summary>
/// <param name="Identity">Which bytes.</param>
/// <param name="Manifest">Their manifest.</param>
/// <param name="Candidate">Where to take them from; null when they are in the store only.</param>
/// <param name="Notice">What an operator should know about the choice; null when there is nothing to say.</param>
internal sealed record VersionChoice(PackageIdentity Identity, ConnectorManifest Manifest, PackageCandidate? Candidate, string? Notice = null)
{
    /// <summary>The connector object of the embedding program to run instead of a package; null for packages.</summary>
    internal LocalConnector? Local { get; init; }
}

/// <summary>Decides which package an instance should run, from what is wanted, what was decided before, and what there is.</summary>
internal static class VersionChooser
{
    /// <param name="config">What is wanted.</param>
    /// <param name="versions">What was decided before.</param>
    /// <param name="catalog">What there is.</param>
    /// <param name="findStored">Finds a package in the store.</param>
    /// <param name="isRefused">Packages not to be tried, besides those in quarantine.</param>
    /// <param name="currentSource">Where the current package was taken from, as the catalog names it; null when unknown.</param>
    /// <param name="staysOnCurrent">Whether to stay on the current version although a better match may be there.</param>
    /// <returns>Null when nothing matches.</returns>
    internal static VersionChoice? Choose(
        InstanceConfig config,
        VersionState versions,
        PackageCatalog catalog,
        Func<PackageIdentity, StoredPackage?> findStored,
        Func<PackageIdentity, bool> isRefused,
        string? currentSource,
        bool staysOnCurrent)
    {
        bool IsOut(PackageIdentity identity) => versions.IsQuarantined(identity) || isRefused(identity) || catalog.IsBlocked(identity);
        bool Fits(PackageIdentity? identity) =>
            identity is not null && identity.Id == config.Connector && config.Version.Contains(identity.Version) && !IsOut(identity);
        VersionChoice? Find(PackageIdentity identity, string notice) =>
            catalog.Find(identity.Id).FirstOrDefault(candidate => candidate.Identity == identity) is { } candidate
                ? new(identity, candidate.Manifest, candidate)
                : findStored(identity) is { } stored ? new(identity, stored.Manifest, null, notice) : null;

        if (versions.Hold is { } hold && Fits(hold) && Find(hold, $"{hold.Version} is held; its source no longer has it, the stored copy serves.") is { } held)
        {
            return held;
        }

        var current = Fits(versions.Current) ? versions.Current : null;
        if (staysOnCurrent && current is not null
            && Find(current, $"The source no longer has {current.Version}; the stored copy serves.") is { } stays)
        {
            return stays;
        }

        var best = catalog.Resolve(config.Connector, config.Version, IsOut);
        if (current is not null && (best is null || best.Identity.Version.CompareTo(current.Version) < 0)
            && (best is null || !WasRemoved(catalog, currentSource))
            && Find(current, $"The source no longer has {current.Version}; the stored copy serves.") is { } kept)
        {
            return kept;
        }

        return best is null ? null : new(best.Identity, best.Manifest, best);
    }

    // A folder that cannot be read, or a package that is being written to, must not look like a removal.
    private static bool WasRemoved(PackageCatalog catalog, string? source) =>
        catalog.IsComplete
        && (source is null || (!catalog.Pending.Contains(source) && !catalog.Problems.Any(problem => problem.Source == source && problem.Code != PackageCodes.Blocked)));
}
