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
    private readonly StateFollower _follower;
    private readonly Func<InstanceDefinition, bool> _holdsSecret;

    // One change or refresh at a time, so that an older answer never takes the place of a newer one.
    private readonly SemaphoreSlim _turn = new(1, 1);

    private volatile FolderScan _known = new(FolderState.Absent, [], [], [], false);

    /// <param name="state">Where manifests are kept.</param>
    /// <param name="folders">Gets to know what is registered.</param>
    /// <param name="instances">Those that may use them.</param>
    /// <param name="lookAgain">Takes in what has changed.</param>
    /// <param name="follower">Brings in what others change, so that all is checked against what there is.</param>
    /// <param name="holdsSecret">Whether an instance has a secret that goes wherever its connector leads.</param>
    internal ManifestRegistry(
        IStateStore state, PackageFolders folders, InstanceRegistry instances, Func<PackageCatalog> lookAgain, StateFollower follower, Func<InstanceDefinition, bool> holdsSecret)
    {
        (_state, _instances, _lookAgain, _follower, _holdsSecret) = (state, instances, lookAgain, follower, holdsSecret);
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
                after = catalog.CarrierOf(manifest) is { } carrier ? PackageBinding.Complete(manifest, carrier.Manifest) : manifest;
                CheckPlace(name, before = Registered(catalog, name)[0].Manifest, after, isTrusted);
            },
            "updated", isTrusted, isDryRun, cancellationToken).ConfigureAwait(false);
        return (identity, ManifestComparison.Compare(before!, after));
    }

    /// <summary>Takes a connector away, with all its versions.</summary>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="asker">The org that asks, which cannot take it from others; null for somebody who runs the host.</param>
    /// <param name="isForced">Also where instances use it: they are left without one.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal Task UnregisterAsync(string name, string? asker, bool isForced, bool isDryRun, CancellationToken cancellationToken) => ChangeAsync(
        async known =>
        {
            _ = Registered(await RefreshAsync_NeedsTurn(cancellationToken).ConfigureAwait(false), name);
            RefuseUsers(name, UsersOf(name), asker, isForced, "Remove them first");
            if (!isDryRun)
            {
                await _state.DeleteManifestsAsync(name, Told(known, EventTypes.Unregistered, name, null, $"The connector '{name}' was taken away."), cancellationToken).ConfigureAwait(false);
            }

            return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Says which orgs may use a connector, besides the one whose it is.</summary>
    /// <param name="name">The runtime's name of the connector.</param>
    /// <param name="orgs">In place of those that may now; <see cref="ConnectorName.EveryOrg"/> is all.</param>
    /// <param name="asker">The org that asks, which cannot take it from others; null for somebody who runs the host.</param>
    /// <param name="isForced">Also where instances of an org use it that may not any more: they are left without one.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">It is refused.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    internal Task ShareAsync(string name, IReadOnlyCollection<string> orgs, string? asker, bool isForced, bool isDryRun, CancellationToken cancellationToken) => ChangeAsync(
        async known =>
        {
            var candidate = Registered(await RefreshAsync_NeedsTurn(cancellationToken).ConfigureAwait(false), name)[0] with { SharedWith = [.. orgs] };
            RefuseUsers(name, [.. UsersOf(name).Where(user => !candidate.IsSeenBy(InstanceNames.OwnerOf(user)))], asker, isForced, "Share it with their orgs");
            if (!isDryRun)
            {
                var detail = orgs.Count == 0 ? $"The connector '{name}' is shared with nobody." : $"The connector '{name}' is shared with {string.Join(", ", orgs)}.";
                await _state.ShareManifestsAsync(name, orgs, Told(known, EventTypes.Shared, name, null, detail), cancellationToken).ConfigureAwait(false);
            }

            return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>An org is no more: nothing is shared with it.</summary>
    internal async Task UnshareAsync(string org)
    {
        foreach (var name in _known.Packages.Where(package => package.Candidate.SharedWith.Contains(org)).Select(package => package.Candidate.Identity.Id).Distinct(StringComparer.Ordinal).ToList())
        {
            var left = _known.Packages.First(package => package.Candidate.Identity.Id == name).Candidate.SharedWith.Where(other => other != org).ToList();
            await ShareAsync(name, left, asker: null, isForced: true, isDryRun: false, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private List<string> UsersOf(string name) => [.. Instances(name).Select(definition => definition.Name)];

    private IEnumerable<InstanceDefinition> Instances(string name) =>
        _instances.All.Select(instance => instance.Definition).OfType<InstanceDefinition>().Where(definition => definition.Config?.Connector == name);

    /// <summary>Instances of other orgs keep their connector, and are named to nobody but who runs the host.</summary>
    private static void RefuseUsers(string name, List<string> users, string? asker, bool isForced, string remedy)
    {
        var own = users.Where(user => asker is null || InstanceNames.OwnerOf(user) == asker).Select(user => $"'{user}'").ToList();
        if (own.Count < users.Count)
        {
            throw new RegistrationException(
                "connector.in-use",
                $"'{name}' is used by {string.Join(", ", [.. isForced ? [] : own, "instances of other orgs"])}. To take it from these a key with the scope 'host-admin' is needed.");
        }

        if (users.Count > 0 && !isForced)
        {
            throw new RegistrationException("connector.in-use", $"'{name}' is used by {string.Join(", ", own)}. {remedy}, or force it: then they are left without a connector.");
        }
    }

    /// <summary>
    /// Secrets that were given for one place do not go along to another, nor does one become open: who registers a manifest could read them otherwise, also
    /// those of other orgs.
    /// </summary>
    private void CheckPlace(string name, ConnectorManifest? before, ConnectorManifest after, bool isTrusted)
    {
        var leadsElsewhere = before is null || !CredentialPlaces.LeadToOne(before, after);
        if (!isTrusted && Instances(name).Any(definition => LosesSecret(definition, before, after, leadsElsewhere)))
        {
            throw new RegistrationException(
                "connector.in-use",
                $"Instances with secrets of their own use '{name}', and {after.Version} leads somewhere else than what these were given for, or would show them. A key with the scope 'host-admin' is needed, or stored credentials in their place.");
        }
    }

    private bool LosesSecret(InstanceDefinition definition, ConnectorManifest? before, ConnectorManifest after, bool leadsElsewhere)
    {
        var hidden = SecretSettings.In(definition.Config!.Settings, before?.SettingsSchema);
        return leadsElsewhere ? hidden.Count > 0 || _holdsSecret(definition) : hidden.Except(SecretSettings.In(definition.Config.Settings, after.SettingsSchema), StringComparer.Ordinal).Any();
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
        await ChangeAsync(
            async known =>
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

                var told = Told(known, EventTypes.Registered, name, added.Version, $"The connector '{name}' {manifest.Version} was {verb}.");
                await _state.AddManifestAsync(added, others => CheckVersion(added, others), told, cancellationToken).ConfigureAwait(false);
                return await RefreshAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return IdentityOf(name, manifest);
    }

    // Instances count as well: they were looked at, and their secrets.
    private static StateWrite Told(long known, string type, string name, string? version, string detail) =>
        new(known, new(0, default, type, null, name, version, null, detail, EventSubject.None.Data)) { IsWhole = true };

    private Task<PackageCatalog> ChangeAsync(Func<long, Task<PackageCatalog>> change, CancellationToken cancellationToken) =>
        _follower.ChangeAsync(known => InTurnAsync(() => change(known), cancellationToken), cancellationToken);

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
