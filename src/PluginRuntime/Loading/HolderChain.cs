namespace PluginRuntime.Loading;

/// <summary>What a look at the process from outside found.</summary>
/// <param name="Links">The chain of references from a root to the context, names only; empty when none was found.</param>
/// <param name="Problem">Why none was found, for people; null when one was.</param>
internal sealed record HolderChain(IReadOnlyList<string> Links, string? Problem)
{
    internal static HolderChain Unknown(string problem) => new([], problem);
}
