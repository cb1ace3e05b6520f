namespace PluginRuntime.Packages.Feeds;

/// <summary>What sources offer.</summary>
/// <param name="Items">By id, then by source.</param>
/// <param name="Problems">The sources that did not answer.</param>
internal sealed record SourceOffers(IReadOnlyList<SourceOffer> Items, IReadOnlyList<PackageProblem> Problems);
