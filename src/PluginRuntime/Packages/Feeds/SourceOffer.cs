using PluginRuntime.Versioning;

namespace PluginRuntime.Packages.Feeds;

/// <summary>A connector that a source offers.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Versions">Highest first; at least one.</param>
/// <param name="Description">What the package of its highest version says.</param>
/// <param name="Tags">Those of that package.</param>
internal sealed record SourceOffer(string Id, string Source, IReadOnlyList<SemanticVersion> Versions, string Description, IReadOnlyList<string> Tags)
{
    private const string AuthTag = "auth:";
    private const string ActionTag = "action:";

    /// <summary>What credentials it asks for; null when its package does not say.</summary>
    public string? Auth => Tags.FirstOrDefault(tag => tag.StartsWith(AuthTag, StringComparison.Ordinal))?[AuthTag.Length..];

    /// <summary>What it says of its tests; null when its package does not say.</summary>
    public ConformanceClaim? Conformance => ConformanceClaim.Of(Tags);

    /// <summary>The ids of its actions; null when its package does not say.</summary>
    public IReadOnlyList<string>? Actions => Auth is null ? null : [.. Tags.Where(tag => tag.StartsWith(ActionTag, StringComparison.Ordinal)).Select(tag => tag[ActionTag.Length..])];
}
