namespace PluginRuntime.Versioning;

/// <summary>One alternative of a range: bounds that all have to hold. Without any, it admits every release.</summary>
internal sealed class ComparatorSet(IReadOnlyList<VersionComparator> comparators)
{
    public IReadOnlyList<VersionComparator> Comparators => comparators;

    /// <summary>Whether the version is within all bounds and, if it is a prerelease, one of them asks for prereleases of its numbers.</summary>
    public bool Contains(SemanticVersion version)
        => comparators.All(comparator => comparator.Admits(version))
            && (!version.IsPrerelease || comparators.Any(comparator => comparator.AsksForPrereleaseOf(version)));
}
