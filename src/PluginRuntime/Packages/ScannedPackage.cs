namespace PluginRuntime.Packages;

/// <summary>A candidate, and a fingerprint of its files as they lay there.</summary>
/// <param name="Candidate">What could be taken.</param>
/// <param name="Stamp">Changes when any listed file is written or replaced, even under the same manifest. Compare within one process
/// only.</param>
internal sealed record ScannedPackage(PackageCandidate Candidate, string Stamp)
{
    /// <summary>Whether both are the same bytes in the same place, untouched in between.</summary>
    public bool IsSame(ScannedPackage other) =>
        Stamp == other.Stamp
        && Candidate.Identity == other.Candidate.Identity
        && Candidate.Carrier == other.Candidate.Carrier
        && Candidate.Origin == other.Candidate.Origin
        && Candidate.Source == other.Candidate.Source
        && Candidate.Directory == other.Candidate.Directory;

    public static bool AreSame(IReadOnlyList<ScannedPackage> left, IReadOnlyList<ScannedPackage> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => pair.First.IsSame(pair.Second));
}
