using PluginRuntime.Versioning;

namespace PluginRuntime.Packages.Feeds;

/// <summary>A version of a package that a source offers.</summary>
/// <param name="Version">Which one.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Published">When it was published, as the source says; null where it does not.</param>
internal sealed record FeedVersion(SemanticVersion Version, string Source, DateTimeOffset? Published);
