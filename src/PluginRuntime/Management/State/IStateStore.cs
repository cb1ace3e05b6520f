namespace PluginRuntime.Management;

/// <summary>
/// Where desired state outlives the process. <see cref="FileStateStore"/> keeps it in a directory; the host keeps it in its database.
/// Each save is durable, whole or not at all, when its task ends.
/// </summary>
public partial interface IStateStore
{
    /// <summary>Reads everything. Called once, before anything is saved.</summary>
    /// <exception cref="StateException">It cannot be read.</exception>
    Task<StoredState> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves the definition of an instance that came over the API, or deletes it.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="definition">Null deletes it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task SaveDefinitionAsync(string name, StoredDefinition? definition, CancellationToken cancellationToken);

    /// <summary>Saves what was decided about an instance's versions, or deletes it.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="versions">Null deletes it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task SaveVersionsAsync(string name, VersionState? versions, CancellationToken cancellationToken);

    /// <summary>Saves tokens that took the place of configured ones, or deletes them. They are secret: a store keeps them sealed.</summary>
    /// <param name="key">Whose they are: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
    /// <param name="tokens">Opaque to the store. Null deletes them.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">They cannot be saved; nothing changed.</exception>
    Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, CancellationToken cancellationToken);
}

/// <summary>Everything a store holds.</summary>
/// <param name="Definitions">Instances that came over the API, by name.</param>
/// <param name="Versions">What was decided about versions, by the name of the instance, whatever defines it.</param>
public sealed record StoredState(
    IReadOnlyDictionary<string, StoredDefinition> Definitions, IReadOnlyDictionary<string, VersionState> Versions)
{
    /// <summary>Tokens that took the place of configured ones, by their key.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Tokens { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
}

/// <summary>An instance that came over the API.</summary>
/// <param name="Revision">Counts its changes, from 1.</param>
/// <param name="Config">Its configuration as it was given: UTF-8 JSON. It may hold secrets: a store keeps it sealed.</param>
/// <param name="IsTrusted">Whether an administrator wrote it: then absolute paths are allowed in it.</param>
public sealed record StoredDefinition(long Revision, ReadOnlyMemory<byte> Config, bool IsTrusted);

/// <summary>What was decided about the versions of an instance.</summary>
public sealed record VersionState
{
    /// <summary>Nothing was decided.</summary>
    public static VersionState Empty { get; } = new();

    /// <summary>The package it runs, or ran last.</summary>
    public Manifests.PackageIdentity? Current { get; init; }

    /// <summary>The package it ran before: where a rollback goes.</summary>
    public Manifests.PackageIdentity? Previous { get; init; }

    /// <summary>Set by a manual swap or rollback: the package to stay on, whatever better match arrives.</summary>
    public Manifests.PackageIdentity? Hold { get; init; }

    /// <summary>The packages that were refused or rolled back for this instance.</summary>
    public IReadOnlyList<QuarantineEntry> Quarantine { get; init; } = [];

    /// <summary>The packages that the instance is lost without.</summary>
    internal IEnumerable<Manifests.PackageIdentity> Needed => new[] { Current, Previous, Hold }.OfType<Manifests.PackageIdentity>();

    internal bool IsQuarantined(Manifests.PackageIdentity identity) => Quarantine.Any(entry => entry.Package == identity);

    internal VersionState WithQuarantine(QuarantineEntry added) =>
        this with { Quarantine = [.. Quarantine.Where(entry => entry.Package != added.Package), added] };
}

/// <summary>A package that is not tried again for an instance until somebody lifts it.</summary>
/// <param name="Package">Which bytes.</param>
/// <param name="Code">Why: a stable, dotted code.</param>
/// <param name="Detail">Why, in a sentence.</param>
/// <param name="Since">When, UTC.</param>
public sealed record QuarantineEntry(Manifests.PackageIdentity Package, string Code, string Detail, DateTimeOffset Since);
