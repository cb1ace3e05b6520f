using System.Security.Cryptography;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>
/// Connectors that are a manifest: registered, updated and unregistered while the host runs, kept in the state. What the state says counts;
/// as long as it cannot be read, what it said last.
/// </summary>
internal sealed class ManifestRegistry
{
    /// <summary>Where registered manifests come from, as the catalog names it.</summary>
    internal const string Source = "registry";

    private readonly IStateStore _state;
    private readonly InstanceRegistry _instances;
    private readonly Func<PackageCatalog> _lookAgain;
    private readonly Func<Task> _catchUp;
    private readonly Func<InstanceDefinition, bool> _holdsSecret;

    // One change or refresh at a time, so that an older answer never takes the place of a newer one.
    private readonly SemaphoreSlim _turn = new(1, 1);

    private volatile FolderScan _known = new(FolderState.Absent, [], [], [], false);

    /// <param name="state">Where manifests are kept.</param>
    /// <param name="folders">Gets to know what is registered.</param>
    /// <param name="instances">Those that may use them.</param>
    /// <param name="lookAgain">Takes in what has changed.</param>
    /// <param name="catchUp">Tells what was changed.</param>
    /// <param name="holdsSecret">Whether an instance has a secret that goes wherever its connector leads.</param>
    internal ManifestRegistry(
        IStateStore state, PackageFolders folders, InstanceRegistry instances, Func<PackageCatalog> lookAgain, Func<Task> catchUp, Func<InstanceDefinition, bool> holdsSecret)
    {
        (_state, _instances, _lookAgain, _catchUp, _holdsSecret) = (state, instances, lookAgain, catchUp, holdsSecret);
        folders.Add(() => _known);
    }

    /// <summary>Reads what is registered. A state that cannot be read is told as a problem of the catalog's, and changes nothing else.</summary>
    internal Task RefreshAsync(CancellationToken cancellationToken) => InTurnAsync(() => RefreshAsync_NeedsTurn(cancellationToken), cancellationToken);

    /// <summary>Adds a connector.</summary>
    /// <param name="org">Whose it is.</param>
    /// <param name="utf8">Its manifest.</param>
    /// <param name="isTrusted">Whether somebody asks who runs the host.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal Task<PackageIdentity> RegisterAsync(string org, ReadOnlyMemory<byte> utf8, bool isTrusted, bool isDryRun, CancellationToken cancellationToken)
    {
        var manifest = Read(utf8);
        var name = ConnectorName.Of(org, manifest.Id);
        return AddAsync(
            name,
            manifest,
            catalog =>
            {
                // What packages bring is everybody's, under its own name.
                if (catalog.Find(name).Count > 0 || catalog.Find(manifest.Id).Any(candidate => candidate.Origin != PackageOrigin.Registered))
                {
                    throw new RegistrationException("connector.exists", $"There is a connector '{manifest.Id}' already.");
                }

                CheckPlace(name, null, manifest, isTrusted);
            },
            "registered",
            isTrusted,
            isDryRun,
            cancellationToken);
    }

    /// <summary>Adds a higher version of a connector.</summary>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="utf8">Its manifest.</param>
    /// <param name="isTrusted">Whether somebody asks who runs the host.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>Which bytes, and what of them breaks callers of the version before.</returns>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal async Task<(PackageIdentity Identity, IReadOnlyList<ManifestBreak> Breaks)> UpdateAsync(
        string name, ReadOnlyMemory<byte> utf8, bool isTrusted, bool isDryRun, CancellationToken cancellationToken)
    {
        var manifest = Read(utf8);
        var id = ConnectorName.IdOf(name);
        if (manifest.Id != id)
        {
            throw new RegistrationException(
                "manifest.invalid", $"The manifest is not that of '{id}'.", [new("/id", "id.mismatch", $"The id has to be '{id}', as in the path.")]);
        }

        var (before, after) = (default(ConnectorManifest), manifest);
        var identity = await AddAsync(
            name,
            manifest,
            catalog =>
            {
                CheckPlace(name, before = Registered(catalog, name)[0].Manifest, manifest, isTrusted);
                after = catalog.CarrierOf(manifest) is { } carrier ? PackageBinding.Complete(manifest, carrier.Manifest) : manifest;
            },
            "updated", isTrusted, isDryRun, cancellationToken).ConfigureAwait(false);
        return (identity, ManifestComparison.Compare(before!, after));
    }

    /// <summary>Takes a connector away, with all its versions.</summary>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="isForced">Also where instances use it: they are left without one.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal async Task UnregisterAsync(string name, bool isForced, bool isDryRun, CancellationToken cancellationToken)
    {
        await InTurnAsync(
            async () =>
            {
                _ = Registered(await RefreshAsync_NeedsTurn(cancellationToken).ConfigureAwait(false), name);
                RefuseUsers(name, UsersOf(name), isForced, "Remove them first");
                if (!isDryRun)
                {
                    await _state.DeleteManifestsAsync(name, Told(EventTypes.Unregistered, name, null, $"The connector '{name}' was taken away."), cancellationToken).ConfigureAwait(false);
                }

                return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        await _catchUp().ConfigureAwait(false);
    }

    /// <summary>Says which orgs may use a connector, besides the one whose it is.</summary>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="orgs">In place of those that may now; <see cref="ConnectorName.EveryOrg"/> is all.</param>
    /// <param name="isForced">Also where instances of an org use it that may not any more: they are left without one.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal async Task ShareAsync(string name, IReadOnlyCollection<string> orgs, bool isForced, bool isDryRun, CancellationToken cancellationToken)
    {
        await InTurnAsync(
            async () =>
            {
                var candidate = Registered(await RefreshAsync_NeedsTurn(cancellationToken).ConfigureAwait(false), name)[0] with { SharedWith = [.. orgs] };
                RefuseUsers(name, [.. UsersOf(name).Where(user => !candidate.IsSeenBy(InstanceNames.OwnerOf(user)))], isForced, "Share it with their orgs");
                if (!isDryRun)
                {
                    var detail = orgs.Count == 0 ? $"The connector '{name}' is shared with nobody." : $"The connector '{name}' is shared with {string.Join(", ", orgs)}.";
                    await _state.ShareManifestsAsync(name, orgs, Told(EventTypes.Shared, name, null, detail), cancellationToken).ConfigureAwait(false);
                }

                return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        await _catchUp().ConfigureAwait(false);
    }

    /// <summary>The instances that use a connector, of all orgs.</summary>
    internal List<string> UsersOf(string name) =>
        [.. _instances.All.Where(instance => instance.Definition?.Config?.Connector == name).Select(instance => instance.Name)];

    private static void RefuseUsers(string name, List<string> users, bool isForced, string remedy)
    {
        if (users.Count > 0 && !isForced)
        {
            throw new RegistrationException("connector.in-use", $"'{name}' is used by {string.Join(", ", users.Select(user => $"'{user}'"))}. {remedy}, or force it: then they are left without a connector.");
        }
    }

    /// <summary>Secrets that were given for one place do not go along to another: who registers a manifest could read them otherwise, also those of other orgs.</summary>
    private void CheckPlace(string name, ConnectorManifest? before, ConnectorManifest manifest, bool isTrusted)
    {
        if (!isTrusted && (before is null || !CredentialPlaces.LeadToOne(before, manifest))
            && _instances.All.Any(instance => instance.Definition is { } definition && definition.Config?.Connector == name && _holdsSecret(definition)))
        {
            throw new RegistrationException(
                "connector.in-use",
                $"Instances with secrets of their own use '{name}', and {manifest.Version} leads somewhere else than what these were given for. A key with the scope 'host-admin' is needed, or stored credentials in their place.");
        }
    }

    private static ConnectorManifest Read(ReadOnlyMemory<byte> utf8)
    {
        var (manifest, errors) = ManifestReader.Read(utf8);
        if (manifest is { Runtime: not null } or { Files.Count: > 0 })
        {
            var pointer = manifest.Runtime is null ? "/files" : "/runtime";
            errors = [new(pointer, "manifest.runtime", "A manifest with code comes in a package; put that into the drop-in folder, or on a source.")];
        }

        return errors.Count == 0 ? manifest! : throw new RegistrationException("manifest.invalid", "The manifest has errors.", errors);
    }

    private static IReadOnlyList<PackageCandidate> Registered(PackageCatalog catalog, string name)
    {
        var found = catalog.Find(name);
        return found.FirstOrDefault(candidate => candidate.Origin != PackageOrigin.Registered)?.Origin switch
        {
            PackageOrigin.BuiltIn => throw new RegistrationException("connector.builtin", $"'{name}' ships with this host and is protected."),
            not null => throw new RegistrationException("connector.packaged", $"'{name}' comes from a package: publish a newer one, or remove it there."),
            null when found.Count == 0 => throw new RegistrationException("connector.unknown", $"There is no connector '{name}'."),
            null => found,
        };
    }

    private async Task<PackageIdentity> AddAsync(
        string name, ConnectorManifest manifest, Action<PackageCatalog> check, string verb, bool isTrusted, bool isDryRun, CancellationToken cancellationToken)
    {
        await InTurnAsync(
            async () =>
            {
                var catalog = await RefreshAsync_NeedsTurn(cancellationToken).ConfigureAwait(false);
                check(catalog);
                if (catalog.CarrierOf(manifest)?.Manifest is { } carrier && PackageBinding.Check(PackageBinding.Complete(manifest, carrier), carrier) is { Count: > 0 } errors)
                {
                    throw new RegistrationException("manifest.invalid", "The manifest does not fit the package that it names.", errors);
                }

                var added = new StoredManifest(name, manifest.Version.ToString(), manifest.Utf8, isTrusted);
                if (isDryRun)
                {
                    CheckVersion(added, [.. (await _state.LoadManifestsAsync(cancellationToken).ConfigureAwait(false)).Where(stored => stored.Id == name)]);
                    return _lookAgain();
                }

                var told = Told(EventTypes.Registered, name, added.Version, $"The connector '{name}' {manifest.Version} was {verb}.");
                await _state.AddManifestAsync(added, others => CheckVersion(added, others), told, cancellationToken).ConfigureAwait(false);
                return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        await _catchUp().ConfigureAwait(false);
        return IdentityOf(name, manifest);
    }

    private static StateWrite Told(string type, string name, string? version, string detail) =>
        new(Event: new(0, default, type, null, name, version, null, detail, EventSubject.None.Data));

    private async Task<PackageCatalog> InTurnAsync(Func<Task<PackageCatalog>> act, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await act().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    // The same version means other things to whoever knows it already, also after it was deleted.
    private static void CheckVersion(StoredManifest added, IReadOnlyList<StoredManifest> others)
    {
        var version = SemanticVersion.Parse(added.Version);
        if (others.FirstOrDefault(other => SemanticVersion.Parse(other.Version).Equals(version)) is { } same)
        {
            throw same.IsDeleted
                ? new RegistrationException("version.taken", $"{added.Id} {version} was there once and was deleted; take another version.")
                : new RegistrationException("version.unchanged", $"{added.Id} {version} is registered already; a change needs a higher version.");
        }

        if (others.FirstOrDefault(other => !other.IsDeleted && SemanticVersion.Parse(other.Version).CompareTo(version) > 0) is { } higher)
        {
            throw new RegistrationException("version.lower", $"{added.Id} {higher.Version} is registered; {version} is lower.");
        }
    }

    private async Task<PackageCatalog> RefreshAsync_NeedsTurn(CancellationToken cancellationToken)
    {
        try
        {
            var stored = await _state.LoadManifestsAsync(cancellationToken).ConfigureAwait(false);
            var known = _known.Packages.ToDictionary(package => (package.Candidate.Identity.Id, package.Stamp));
            var (packages, problems) = (new List<ScannedPackage>(), new List<PackageProblem>());
            foreach (var manifest in stored.Where(manifest => !manifest.IsDeleted))
            {
                // Whom it is shared with is no part of its bytes.
                var stamp = $"{HashOf(manifest.Manifest)} {string.Join(' ', manifest.SharedWith)}";
                if (known.TryGetValue((manifest.Id, stamp), out var before))
                {
                    packages.Add(before);
                }
                else if (ManifestReader.Read(manifest.Manifest) is { Manifest: { } read })
                {
                    packages.Add(new(
                        new(IdentityOf(manifest.Id, read), read, PackageOrigin.Registered, Source, "") { IsTrusted = manifest.IsTrusted, SharedWith = manifest.SharedWith }, stamp));
                }
                else
                {
                    problems.Add(new($"{manifest.Id} {manifest.Version}", "manifest.invalid", "The registered manifest cannot be read by this version of the host."));
                }
            }

            _known = new(FolderState.Read, packages, problems, [], false);
        }
        catch (StateException exception)
        {
            _known = _known with { State = FolderState.Unreadable, Problems = [new(Source, exception.Code, $"What is registered cannot be read, what was known stays: {exception.Message}")] };
        }

        return _lookAgain();
    }

    private static PackageIdentity IdentityOf(string name, ConnectorManifest manifest) => new(name, manifest.Version, HashOf(manifest.Utf8));

    private static string HashOf(ReadOnlyMemory<byte> manifest) => Convert.ToHexStringLower(SHA256.HashData(manifest.Span));
}
