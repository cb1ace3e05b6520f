using PluginRuntime.Manifests;

namespace PluginRuntime.Loading;

/// <summary>One context that was asked to unload, and what <see cref="UnloadWatch"/> knows of it.</summary>
internal sealed class WatchedContext(
    PackageIdentity identity, DateTimeOffset loadedAt, DateTimeOffset requestedAt, long requestedTimestamp, WeakReference context, string? suspect)
{
    internal PackageIdentity Identity { get; } = identity;

    internal WeakReference Context { get; } = context;

    internal long RequestedTimestamp { get; } = requestedTimestamp;

    internal bool IsAlive => Context.IsAlive;

    // This and the next three are the one check's that runs.
    internal string? Suspect { get; set; } = suspect;

    // It has outlived enough collections to be told of as held.
    internal bool IsJudged { get; set; }

    // A collection was asked for since this is watched.
    internal bool IsAsked { get; set; }

    // How many full collections it has outlived.
    internal int Collections { get; set; }

    // These three are guarded by the watch's lock.
    internal DateTimeOffset? CollectedAt { get; set; }

    internal string? HeldBy { get; set; }

    internal IReadOnlyList<string> Chain { get; set; } = [];

    internal ContextFacts ToFacts() =>
        new(Identity.Id, Identity.Version, Identity.Hash, loadedAt, requestedAt, CollectedAt, HeldBy, Chain);
}
