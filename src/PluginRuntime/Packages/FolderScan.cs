namespace PluginRuntime.Packages;

/// <summary>How reading a folder went.</summary>
internal enum FolderState
{
    /// <summary>It was read: what is not in the scan is not there.</summary>
    Read,

    /// <summary>It is not there, and has not been since the source was made: nothing is known of it.</summary>
    Absent,

    /// <summary>It could not be read: the scan repeats what was known before and says nothing about removals.</summary>
    Unreadable,
}

/// <summary>What one look at a folder found. Never changes.</summary>
/// <param name="State">Whether the rest can be trusted to be all there is.</param>
/// <param name="Packages">What could be taken, by source.</param>
/// <param name="Problems">What was refused, by source.</param>
/// <param name="Pending">Sources of packages that are not whole: a copy in progress, or a directory without a manifest.</param>
/// <param name="IsSettling">Whether any of the pending ones changed within the grace time: look again soon.</param>
internal sealed record FolderScan(
    FolderState State,
    IReadOnlyList<ScannedPackage> Packages,
    IReadOnlyList<PackageProblem> Problems,
    IReadOnlyList<string> Pending,
    bool IsSettling)
{
    /// <summary>Package files, by name.</summary>
    public IReadOnlyList<ScannedArchive> Archives { get; init; } = [];

    /// <summary>Whether anything that matters to a reader of the scan is different.</summary>
    public bool Differs(FolderScan other) =>
        State != other.State
        || !ScannedPackage.AreSame(Packages, other.Packages)
        || !Archives.SequenceEqual(other.Archives)
        || !Problems.SequenceEqual(other.Problems)
        || !Pending.SequenceEqual(other.Pending);
}
