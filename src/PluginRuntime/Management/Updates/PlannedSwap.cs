using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;

namespace PluginRuntime.Management;

/// <summary>An instance that would go to another version.</summary>
/// <param name="Instance">Its name.</param>
/// <param name="From">The version that it runs, or ran last; null for none.</param>
/// <param name="To">The version that it would go to.</param>
/// <param name="Breaks">What of this breaks those who call it, or may.</param>
internal sealed record PlannedSwap(string Instance, string? From, string To, IReadOnlyList<ManifestBreak> Breaks)
{
    internal static PlannedSwap Of(string instance, ConnectorManifest? from, ConnectorManifest to) =>
        new(instance, from?.Version.ToString(), to.Version.ToString(), from is null ? [] : ManifestComparison.Compare(from, to));
}
