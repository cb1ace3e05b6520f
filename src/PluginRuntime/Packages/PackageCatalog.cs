using System.Collections.Concurrent;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Packages;

/// <summary>What exists, over all folders, at one moment. Never changes.</summary>
internal sealed class PackageCatalog
{
    private readonly Dictionary<string, IReadOnlyList<ScannedPackage>> _byId;
    private readonly ConcurrentDictionary<string, PackageCatalog> _byOrg = new(StringComparer.Ordinal);

    private PackageCatalog(IReadOnlyList<ScannedPackage> packages, IReadOnlyList<PackageProblem> problems, IReadOnlyList<string> pending,
        bool isComplete)
    {
        (Problems, Pending, IsComplete) = (problems, pending, isComplete);
        _byId = packages.GroupBy(package => package.Candidate.Identity.Id, StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            IReadOnlyList<ScannedPackage> (group) => [.. group
                .OrderByDescending(package => package.Candidate.Identity.Version)
                .ThenBy(package => package.Candidate.Identity.Hash, StringComparer.Ordinal)],
            StringComparer.Ordinal);
        foreach (var (id, found) in _byId.Where(pair => pair.Value.Any(package => package.Candidate.Manifest.Package is not null)).ToList())
        {
            _byId[id] = [.. found.Select(Completed)];
        }

        Ids = [.. _byId.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>No package, and no source that could have had one.</summary>
    public static PackageCatalog Empty { get; } = new([], [], [], isComplete: true);

    /// <summary>Every connector id, in ordinal order.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>How many packages there are, over all ids and versions.</summary>
    public int Count => _byId.Values.Sum(packages => packages.Count);

    /// <summary>What was refused, and which folders could not be read.</summary>
    public IReadOnlyList<PackageProblem> Problems { get; }

    /// <summary>Packages that are not whole yet.</summary>
    public IReadOnlyList<string> Pending { get; }

    /// <summary>False when a folder could not be read: then its packages are those known before, and a missing one was not
    /// removed.</summary>
    public bool IsComplete { get; }

    /// <summary>Puts scans together, the first scan first where two hold the same bytes.</summary>
    /// <remarks>A built-in's version is protected: other bytes under it are refused; other versions of its id are welcome.</remarks>
    public static PackageCatalog Merge(IReadOnlyList<FolderScan> scans)
    {
        var all = scans.SelectMany(scan => scan.Packages).ToList();
        var problems = scans.SelectMany(scan => scan.Problems).ToList();
        var (builtIns, refusedBuiltIns) = Duplicates.Refuse([.. all.Where(IsBuiltIn)]);
        var protectedVersions = all.Where(IsBuiltIn).Select(KeyOf).ToHashSet();
        var identities = builtIns.Select(package => package.Candidate.Identity).ToHashSet();
        var others = new List<ScannedPackage>();
        foreach (var package in all.Where(package => !IsBuiltIn(package)))
        {
            if (!protectedVersions.Contains(KeyOf(package))) others.Add(package);
            else if (!identities.Contains(package.Candidate.Identity)) problems.Add(ClaimsBuiltIn(package.Candidate));
        }

        var (kept, refused) = Duplicates.Refuse(others);
        return new([.. builtIns, .. kept], [.. problems, .. refusedBuiltIns, .. refused], [.. scans.SelectMany(scan => scan.Pending)],
            scans.All(scan => scan.State != FolderState.Unreadable));
    }

    /// <summary>What of it an org may use.</summary>
    /// <param name="org">The org; that of the host is <see cref="ConnectorName.HostOrg"/>.</param>
    public PackageCatalog SeenBy(string org) => _byOrg.GetOrAdd(org, static (org, all) =>
    {
        var seen = all._byId.Values.SelectMany(packages => packages).Where(package => package.Candidate.IsSeenBy(org)).ToList();
        return seen.Count == all.Count ? all : new(seen, all.Problems, all.Pending, all.IsComplete);
    }, this);

    /// <summary>The runtime's name of the connector that an org means: its own comes before that of the host.</summary>
    /// <param name="org">The org.</param>
    /// <param name="written">What it says: an id, or <c>org/id</c>.</param>
    public string NameOf(string org, string written) =>
        !ConnectorName.IsPlain(written) ? ConnectorName.Normalize(written) : FindScanned(ConnectorName.Of(org, written)) is [] ? written : ConnectorName.Of(org, written);

    /// <summary>What an org says for a connector, so that <see cref="NameOf"/> understands it.</summary>
    /// <param name="org">The org.</param>
    /// <param name="name">The runtime's name.</param>
    public string WrittenBy(string org, string name) =>
        ConnectorName.OrgOf(name) == org ? ConnectorName.IdOf(name)
            : NameOf(org, name) == name ? name : $"{ConnectorName.HostOrg}/{name}";

    /// <summary>All versions of a connector, highest first; empty when there is none.</summary>
    public IReadOnlyList<PackageCandidate> Find(string id) => [.. FindScanned(id).Select(package => package.Candidate)];

    /// <summary>The stamp of a package's files; null when it is not here. The same identity with another stamp was written to in
    /// place.</summary>
    public string? FindStamp(PackageIdentity identity) =>
        FindScanned(identity.Id).FirstOrDefault(package => package.Candidate.Identity == identity)?.Stamp;

    /// <summary>Whether the block-list takes a package out of service, also where it lies in the store only.</summary>
    public bool IsBlocked(PackageIdentity identity) =>
        Problems.Any(problem => problem.Code == PackageCodes.Blocked && problem.Source == $"{identity.Id} {identity.Version}");

    /// <summary>The highest version in a range that is not excluded; null when there is none.</summary>
    public PackageCandidate? Resolve(string id, VersionRange range, Func<PackageIdentity, bool> isExcluded) => FindScanned(id)
        .Select(package => package.Candidate)
        .FirstOrDefault(candidate => range.Contains(candidate.Identity.Version) && !isExcluded(candidate.Identity));

    /// <summary>Whether anything a reader could see is different, stamps of files included.</summary>
    public bool Differs(PackageCatalog other) =>
        IsComplete != other.IsComplete
        || !Ids.SequenceEqual(other.Ids)
        || !Ids.All(id => ScannedPackage.AreSame(FindScanned(id), other.FindScanned(id)))
        || !Problems.SequenceEqual(other.Problems)
        || !Pending.SequenceEqual(other.Pending);

    /// <summary>The package that carries a manifest out: the highest version that it takes; null when there is none, or it names none.</summary>
    public PackageCandidate? CarrierOf(ConnectorManifest manifest) => manifest.Package is not { } package ? null : FindScanned(package.Id)
        .Select(scanned => scanned.Candidate)
        .FirstOrDefault(candidate => candidate.Manifest.Runtime is not null && package.Version.Contains(candidate.Identity.Version) && !IsBlocked(candidate.Identity));

    private ScannedPackage Completed(ScannedPackage package) => CarrierOf(package.Candidate.Manifest) is not { } carrier ? package : package with
    {
        Candidate = package.Candidate with { Manifest = PackageBinding.Complete(package.Candidate.Manifest, carrier.Manifest), Carrier = carrier.Identity },
    };

    private IReadOnlyList<ScannedPackage> FindScanned(string id) => _byId.GetValueOrDefault(id, []);

    private static bool IsBuiltIn(ScannedPackage package) => package.Candidate.Origin == PackageOrigin.BuiltIn;

    private static (string Id, SemanticVersion Version) KeyOf(ScannedPackage package) =>
        (package.Candidate.Identity.Id, package.Candidate.Identity.Version);

    private static PackageProblem ClaimsBuiltIn(PackageCandidate candidate) => new(candidate.Source, PackageCodes.BuiltInId,
        $"{candidate.Identity.Id} {candidate.Identity.Version} ships with this host with other bytes, "
        + "which are protected; give the package another version or another id.");
}
