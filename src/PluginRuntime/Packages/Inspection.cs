namespace PluginRuntime.Packages;

/// <summary>What a look at one entry of a folder found.</summary>
/// <param name="Package">Whole and acceptable, or, beside a problem of reading it, the last one that was.</param>
/// <param name="Problem">Why it is refused.</param>
/// <param name="Waiting">It is not whole.</param>
/// <param name="Archive">A package file.</param>
internal sealed record Inspection(ScannedPackage? Package = null, PackageProblem? Problem = null, Waiting? Waiting = null, ScannedArchive? Archive = null);

/// <summary>A package that is not whole.</summary>
/// <param name="Stamp">Changes as a copy makes progress.</param>
/// <param name="Problem">What is said once it has stopped making progress; null to say nothing.</param>
internal sealed record Waiting(string Stamp, PackageProblem? Problem);
