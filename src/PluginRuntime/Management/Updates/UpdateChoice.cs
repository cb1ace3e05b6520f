using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>Which of the versions that a source offers is to be installed.</summary>
internal sealed class UpdateChoice(PackageOptions options, Func<LockFile> lockFile, TimeProvider timeProvider)
{
    private readonly BlockList _blocked = new(options.Blocked);

    /// <summary>The version that an instance should get and does not have here; null when there is none.</summary>
    /// <param name="instance">Whose range, update mode and quarantine count.</param>
    /// <param name="catalog">What is here.</param>
    /// <param name="offered">What the source offers.</param>
    /// <param name="isRefused">Versions that were refused.</param>
    internal FeedVersion? For(Instance instance, PackageCatalog catalog, IReadOnlyList<FeedVersion> offered, Func<SemanticVersion, bool> isRefused)
    {
        if (instance.Definition?.Config is not { } config)
        {
            return null;
        }

        var (id, versions) = (config.Connector, instance.Versions);
        var here = catalog.Resolve(id, config.Version, versions.IsQuarantined);
        if (Locked(config) is { } locked && (here is null || options.Locked))
        {
            // What was chosen before comes first; from there on newer versions may follow, and where it cannot be had others.
            if (here?.Identity.Version.ToString() == locked.Version)
            {
                return null;
            }

            if (offered.FirstOrDefault(version => version.Version.ToString() == locked.Version && !isRefused(version.Version) && !_blocked.Contains(id, version.Version)) is { } chosen)
            {
                return chosen;
            }
        }

        if (options.Locked)
        {
            return null;
        }

        if (here is not null && config.Update == UpdateMode.Manual)
        {
            return null;
        }

        bool IsOut(SemanticVersion version) =>
            isRefused(version) || versions.Quarantine.Any(entry => entry.Package.Id == id && entry.Package.Version.Equals(version));
        return Best(id, config.Version, offered, IsOut, isOrdered: false) is { } best && (here is null || best.Version.CompareTo(here.Identity.Version) > 0) ? best : null;
    }

    /// <summary>Without the versions that are taken out of service, and what has no other.</summary>
    internal SourceOffers Admit(SourceOffers offers) => offers with
    {
        Items = [.. offers.Items
            .Select(offer => offer with { Versions = [.. offer.Versions.Where(version => !_blocked.Contains(offer.Id, version))] })
            .Where(offer => offer.Versions.Count > 0)],
    };

    /// <summary>Whether an instance would go to a version by itself once it is here.</summary>
    /// <param name="instance">Whose range, update mode, quarantine and hold count.</param>
    /// <param name="catalog">What is here.</param>
    /// <param name="id">The connector.</param>
    /// <param name="version">The version that is thought of.</param>
    internal bool WouldTake(Instance instance, PackageCatalog catalog, string id, SemanticVersion version)
    {
        if (instance.Definition is not { Local: null, Config: { Enabled: true } config } || config.Connector != id || !config.Version.Contains(version))
        {
            return false;
        }

        if (options.Locked && Locked(config)?.Version != version.ToString())
        {
            return false;
        }

        var versions = instance.Versions;
        var live = instance.Slot.Live?.Identity.Version;
        var isFree = live is null || (config.Update != UpdateMode.Manual && versions.Hold is null);
        var here = catalog.Resolve(id, config.Version, versions.IsQuarantined);
        return isFree && live?.Equals(version) != true
            && !versions.Quarantine.Any(entry => entry.Package.Id == id && entry.Package.Version.Equals(version))
            && (here is null || here.Identity.Version.CompareTo(version) <= 0);
    }

    /// <summary>What the lock file says of an instance's range; null when it says nothing.</summary>
    internal LockEntry? Locked(InstanceConfig config) => lockFile().Find(config.Connector, config.Version.ToString());

    /// <summary>The highest version of a range.</summary>
    /// <param name="id">The connector.</param>
    /// <param name="range">What is accepted.</param>
    /// <param name="offered">Highest first.</param>
    /// <param name="isOut">Versions not to be taken.</param>
    /// <param name="isOrdered">Whether somebody asks for it: then it may be younger than the minimum age.</param>
    internal FeedVersion? Best(
        string id, VersionRange range, IReadOnlyList<FeedVersion> offered, Func<SemanticVersion, bool> isOut, bool isOrdered) =>
        offered.FirstOrDefault(version =>
            range.Contains(version.Version) && !_blocked.Contains(id, version.Version) && !isOut(version.Version) && (isOrdered || IsOldEnough(version)));

    // A source that does not say when it was published cannot be held to an age: then it is held back. What somebody brought here is an order.
    private bool IsOldEnough(FeedVersion version) =>
        options.MinimumAge <= TimeSpan.Zero || ArchiveFolder.IsNameOfOne(version.Source) || (version.Published is { } published && timeProvider.GetUtcNow() - published >= options.MinimumAge);
}
