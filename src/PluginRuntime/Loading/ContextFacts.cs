using PluginRuntime.Versioning;

namespace PluginRuntime.Loading;

/// <summary>What is known of one load context. <see cref="UnloadRequestedAt"/> and <see cref="CollectedAt"/> are separate facts.</summary>
/// <param name="Connector">The connector's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">The package's hash.</param>
/// <param name="LoadedAt">When it was loaded, UTC.</param>
/// <param name="UnloadRequestedAt">When the host let go of it; null while it is in use.</param>
/// <param name="CollectedAt">When it was seen gone; null until then.</param>
/// <param name="HeldBy">What holds it, as far as is known, when it outlived several collections; null otherwise.</param>
/// <param name="Chain">
/// The references from a root to it, names of types, fields and methods only; empty when it is not held, or the chain is not known.
/// </param>
public sealed record ContextFacts(
    string Connector,
    SemanticVersion Version,
    string Hash,
    DateTimeOffset LoadedAt,
    DateTimeOffset? UnloadRequestedAt,
    DateTimeOffset? CollectedAt,
    string? HeldBy,
    IReadOnlyList<string> Chain);
