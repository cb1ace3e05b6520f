using PluginRuntime.Loading;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Bounds what a connector that does not unload can cost: each of its swaps leaves a version in memory, and a folder that is updated by a
/// build would fill it.
/// </summary>
/// <param name="watch">Knows what is held.</param>
/// <param name="loader">Knows what is in use.</param>
/// <param name="limit">The most of a connector; 0 for no limit.</param>
internal sealed class HeldContexts(UnloadWatch watch, ConnectorLoader loader, int limit)
{
    internal const int MaxLimit = 1_000;

    internal const string Code = "unload.pinned";

    /// <returns>Why a swap to a package has to wait; null when it need not.</returns>
    internal string? Refuse(PackageIdentity next)
    {
        // Where the package is loaded already, for another instance or as the version before, the swap adds no context.
        var held = limit == 0 ? 0 : watch.CountHeld(next.Id);
        return limit == 0 || held < limit || loader.IsLoaded(next)
            ? null
            : $"{held} replaced versions of '{next.Id}' are still in memory, and {limit} may be: {next.Version} waits until one is gone. "
                + $"'connector why {next.Id}' says what holds them.";
    }
}
