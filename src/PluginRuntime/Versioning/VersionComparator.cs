namespace PluginRuntime.Versioning;

/// <summary>One bound: what every syntax of a range comes down to.</summary>
internal sealed record VersionComparator(ComparatorKind Kind, SemanticVersion Bound)
{
    /// <summary>The lowest version there is: nothing lies below it.</summary>
    public static SemanticVersion Lowest { get; } = SemanticVersion.Of(0, 0, 0, "0");

    public bool Admits(SemanticVersion version)
    {
        var order = version.CompareTo(Bound);
        return Kind switch
        {
            ComparatorKind.Equal => order == 0,
            ComparatorKind.Below => order < 0,
            ComparatorKind.AtMost => order <= 0,
            ComparatorKind.Above => order > 0,
            ComparatorKind.AtLeast => order >= 0,
            _ => throw new InvalidOperationException($"There is no comparator {Kind}."),
        };
    }

    /// <summary>Whether the bound asks for prereleases of exactly this version's numbers.</summary>
    public bool AsksForPrereleaseOf(SemanticVersion version) => Bound.IsPrerelease && Bound.HasSameNumbers(version);
}
