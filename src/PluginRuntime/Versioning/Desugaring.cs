namespace PluginRuntime.Versioning;

/// <summary>Turns an operator and a version that may be cut short into plain bounds, as node-semver does.</summary>
internal static class Desugaring
{
    /// <summary>The bounds that all have to hold; none when any release will do.</summary>
    /// <param name="sign">One of <c>&gt;= &lt;= &gt; &lt; = ^ ~ ~&gt;</c>, or empty.</param>
    /// <param name="version">What follows it.</param>
    public static IReadOnlyList<VersionComparator> Of(string sign, PartialVersion version) => sign switch
    {
        "^" => Between(version, CaretEnd(version)),
        "~" or "~>" => Between(version, version.Minor is null ? version.NextMajor : version.NextMinor),
        ">" when version.Major is null => [new(ComparatorKind.Below, VersionComparator.Lowest)],
        "<" when version.Major is null => [new(ComparatorKind.Below, VersionComparator.Lowest)],
        ">=" or "<=" when version.Major is null => [],
        ">" => version.IsWhole ? [new(ComparatorKind.Above, version.Lowest)] : [new(ComparatorKind.AtLeast, Released(End(version)))],
        ">=" => [new(ComparatorKind.AtLeast, version.Lowest)],
        "<" => [new(ComparatorKind.Below, version.IsWhole ? version.Lowest : BeforePrereleases(version.Lowest))],
        "<=" => version.IsWhole ? [new(ComparatorKind.AtMost, version.Lowest)] : [new(ComparatorKind.Below, End(version))],
        "=" or "" => version.IsWhole ? [new(ComparatorKind.Equal, version.Lowest)] : Between(version, End(version)),
        _ => throw new ArgumentOutOfRangeException(nameof(sign), sign, "There is no such operator."),
    };

    private static VersionComparator[] Between(PartialVersion version, SemanticVersion end)
        => version.Major is null ? [] : [new(ComparatorKind.AtLeast, version.Lowest), new(ComparatorKind.Below, end)];

    /// <summary>The end of what a version that is cut short stands for.</summary>
    private static SemanticVersion End(PartialVersion version) => version.Minor is null ? version.NextMajor : version.NextMinor;

    /// <summary>The leftmost number that is not zero stays; of zeros alone, the last one that was written.</summary>
    private static SemanticVersion CaretEnd(PartialVersion version)
    {
        if (version.Minor is null || !version.Major.GetValueOrDefault().IsZero)
        {
            return version.NextMajor;
        }

        return version.Patch is null || !version.Minor.Value.IsZero ? version.NextMinor : version.NextPatch;
    }

    private static SemanticVersion Released(SemanticVersion version) => SemanticVersion.Of(version.Major, version.Minor, version.Patch, "");

    private static SemanticVersion BeforePrereleases(SemanticVersion version)
        => SemanticVersion.Of(version.Major, version.Minor, version.Patch, "0");
}
