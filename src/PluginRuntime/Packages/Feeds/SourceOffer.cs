using PluginRuntime.Versioning;

namespace PluginRuntime.Packages.Feeds;

/// <summary>A connector that a source offers.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Versions">Highest first; at least one.</param>
/// <param name="Description">What the package of its highest version says.</param>
internal sealed record SourceOffer(string Id, string Source, IReadOnlyList<SemanticVersion> Versions, string Description);
