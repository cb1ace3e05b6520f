namespace PluginRuntime.Packages;

/// <summary>One id and version may stand for one set of bytes only.</summary>
internal static class Duplicates
{
    /// <summary>Takes equal packages once, the first of them; refuses all that share id and version but not the bytes.</summary>
    public static (IReadOnlyList<ScannedPackage> Kept, IReadOnlyList<PackageProblem> Refused) Refuse(IReadOnlyList<ScannedPackage> packages)
    {
        var (kept, refused) = (new List<ScannedPackage>(), new List<PackageProblem>());
        foreach (var group in packages.GroupBy(package => (package.Candidate.Identity.Id, package.Candidate.Identity.Version)))
        {
            if (group.All(package => package.Candidate.Identity == group.First().Candidate.Identity))
            {
                kept.Add(group.First());
                continue;
            }

            var sources = string.Join(", ", group.Select(package => package.Candidate.Source));
            refused.AddRange(group.Select(package => new PackageProblem(package.Candidate.Source, PackageCodes.Duplicate,
                $"{group.Key.Id} {group.Key.Version} is there more than once with different bytes: {sources}. Keep one, or give it another version.")));
        }

        return (kept, refused);
    }
}
