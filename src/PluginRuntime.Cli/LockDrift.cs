using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Cli;

/// <summary>Compares what a lock file says with what a store has.</summary>
internal static class LockDrift
{
    /// <returns>Every locked version, by connector, then by range.</returns>
    public static IReadOnlyList<LockedVersion> Compare(LockFile file, IReadOnlyList<StoredPackage> packages) =>
    [
        .. from connector in file.Connectors
           from choice in connector.Value
           let stored = packages.Where(package => package.Identity.Id == connector.Key && package.Identity.Version.ToString() == choice.Value.Version)
           select new LockedVersion(connector.Key, choice.Key, choice.Value.Version, Problem(choice.Value, [.. stored])),
    ];

    private static string? Problem(LockEntry entry, IReadOnlyList<StoredPackage> stored)
    {
        var known = stored.Select(package => package.Provenance).OfType<PackageProvenance>().ToList();
        return stored.Count == 0 ? "it is not in the store."
            : known.Count == 0 ? "the one in the store did not come from a source."
            : known.Exists(entry.Matches) ? null
            : known.Find(provenance => provenance.Sha512 == entry.Sha512) is { } same ? Difference(entry.Closure, same.Closure)
            : "the one in the store has another hash.";
    }

    private static string Difference(IReadOnlyList<ClosurePackage> locked, IReadOnlyList<ClosurePackage> stored)
    {
        var differences = locked.Select(package => package.Id).Union(stored.Select(package => package.Id), StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)
            .Select(id => (Locked: Find(locked, id), Stored: Find(stored, id)))
            .Where(pair => pair.Locked != pair.Stored)
            .Select(pair => pair switch
            {
                (null, { } extra) => $"{extra.Id} {extra.Version} came with it and is not locked",
                ({ } lacking, null) => $"{lacking.Id} {lacking.Version} is locked and did not come with it",
                var (wanted, came) when wanted!.Version != came!.Version => $"{came.Id} {came.Version} came with it, locked is {wanted.Version}",
                var (wanted, _) => $"{wanted!.Id} {wanted.Version} has another hash",
            })
            .ToList();
        return differences.Count == 0 ? "what came with it is listed in another way." : string.Join("; ", differences) + ".";
    }

    private static ClosurePackage? Find(IReadOnlyList<ClosurePackage> packages, string id) =>
        packages.FirstOrDefault(package => package.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One locked version.</summary>
/// <param name="Id">The connector.</param>
/// <param name="Range">The range that it was chosen for.</param>
/// <param name="Version">The version.</param>
/// <param name="Problem">In what the store differs; null where it does not.</param>
internal sealed record LockedVersion(string Id, string Range, string Version, string? Problem);
