using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>What an installation would do.</summary>
/// <param name="Id">The connector.</param>
/// <param name="Version">The version that would be taken.</param>
/// <param name="Source">Where from.</param>
/// <param name="Installed">Whether it is here already.</param>
/// <param name="Instances">The names of the instances that would go to it by themselves.</param>
/// <param name="Changes">What that would change for each of them.</param>
/// <param name="Problem">Why it would be refused; null when it would not.</param>
internal sealed record InstallPlan(
    string Id, string Version, string Source, bool Installed, IReadOnlyList<string> Instances, IReadOnlyList<PlannedSwap> Changes, PackageProblem? Problem);

/// <summary>What asking the sources now would do.</summary>
/// <param name="Items">What would be installed.</param>
/// <param name="Problems">The sources that do not answer, and the packages that would be refused.</param>
internal sealed record UpdatePlan(IReadOnlyList<InstallPlan> Items, IReadOnlyList<PackageProblem> Problems);
