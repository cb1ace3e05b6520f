namespace PluginRuntime.Management;

/// <summary>What an installation would do.</summary>
/// <param name="Id">The connector.</param>
/// <param name="Version">The version that would be taken.</param>
/// <param name="Source">Where from.</param>
/// <param name="Installed">Whether it is here already.</param>
/// <param name="Instances">The names of the instances that would go to it by themselves.</param>
internal sealed record InstallPlan(string Id, string Version, string Source, bool Installed, IReadOnlyList<string> Instances);
