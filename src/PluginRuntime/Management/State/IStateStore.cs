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

    /// <summary>Saves the definition of an instance that came over the API, or deletes it, with what was decided about its versions.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="definition">Null deletes it.</param>
    /// <param name="write">What it is based on, and what is told of it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateConflictException">It is based on something older; nothing changed.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task SaveDefinitionAsync(string name, StoredDefinition? definition, StateWrite write, CancellationToken cancellationToken);

    /// <summary>Changes what was decided about an instance's versions, whichever host decided it, or deletes it.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="change">Given what is stored, which is empty where nothing is: returns what is to be. Null deletes it, unless a definition of
    /// the name is stored: then it is that one's.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <returns>What is stored now, and the revision of the state that this is.</returns>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task<(VersionState Versions, long Revision)> SaveVersionsAsync(
        string name, Func<VersionState, VersionState>? change, CancellationToken cancellationToken);

    /// <summary>Saves tokens that token servers have granted, or deletes them. They are secret: a store keeps them sealed.</summary>
    /// <param name="key">Whose they are: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
    /// <param name="tokens">Opaque to the store. Null deletes them.</param>
    /// <param name="write">What they are based on.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateConflictException">They are based on something older; nothing changed.</exception>
    /// <exception cref="StateException">They cannot be saved; nothing changed.</exception>
    Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, StateWrite write, CancellationToken cancellationToken);

    /// <summary>Reads tokens.</summary>
    /// <param name="key">Whose they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tokens, null when there are none; and the revision of the state that this is.</returns>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadTokensAsync(string key, CancellationToken cancellationToken);
}

/// <summary>Everything a store holds.</summary>
/// <param name="Definitions">Instances that came over the API, by name.</param>
/// <param name="Versions">What was decided about versions, by the name of the instance, whatever defines it.</param>
public sealed record StoredState(
    IReadOnlyDictionary<string, StoredDefinition> Definitions, IReadOnlyDictionary<string, VersionState> Versions)
{
    /// <summary>Nothing.</summary>
    public static StoredState Empty { get; } = new(new Dictionary<string, StoredDefinition>(), new Dictionary<string, VersionState>());

    /// <summary>Tokens that took the place of configured ones, by their key.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Tokens { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);

    /// <summary>Credentials that came over the API, where they were changed; at the start they are read apart.</summary>
    public IReadOnlyDictionary<string, StoredCredential> Credentials { get; init; } = new Dictionary<string, StoredCredential>(StringComparer.Ordinal);

    /// <summary>The newest change that is in it; 0 when there was none.</summary>
    public long Revision { get; init; }
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

    /// <summary>With packages put aside; where it was held on one of these, it is no longer.</summary>
    internal VersionState WithoutRefused(IEnumerable<QuarantineEntry> refused)
    {
        var versions = refused.Aggregate(this, static (versions, entry) => versions.WithQuarantine(entry));
        return versions.Hold is { } hold && versions.IsQuarantined(hold) ? versions with { Hold = null } : versions;
    }

    /// <summary>It runs a package from now on; what it ran until now is where a rollback goes.</summary>
    internal VersionState WithCurrent(Manifests.PackageIdentity next) =>
        this with { Current = next, Previous = Current is { } before && before != next ? before : Previous };

    /// <summary>Takes back what an order has decided, and nothing else.</summary>
    /// <param name="before">What was decided before the order.</param>
    /// <param name="ordered">What the order has made of that.</param>
    internal VersionState WithoutOrder(VersionState before, VersionState ordered) => this with
    {
        Current = before.Current,
        Previous = before.Previous,
        Hold = before.Hold,
        Quarantine =
        [
            .. before.Quarantine.Except(ordered.Quarantine).Where(entry => !IsQuarantined(entry.Package)),
            .. Quarantine.Except(ordered.Quarantine.Except(before.Quarantine)),
        ],
    };
}

/// <summary>A package that is not tried again for an instance until somebody lifts it.</summary>
/// <param name="Package">Which bytes.</param>
/// <param name="Code">Why: a stable, dotted code.</param>
/// <param name="Detail">Why, in a sentence.</param>
/// <param name="Since">When, UTC.</param>
public sealed record QuarantineEntry(Manifests.PackageIdentity Package, string Code, string Detail, DateTimeOffset Since);
