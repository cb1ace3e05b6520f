namespace PluginRuntime.Management;

public partial interface IStateStore
{
    /// <summary>Reads every registered manifest, and what is left of the deleted ones.</summary>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken);

    /// <summary>Adds a manifest.</summary>
    /// <param name="added">Its id and version are not there yet.</param>
    /// <param name="check">Given all that is there of the id; what it throws ends the addition. Nothing can be added to the id between it and the addition.</param>
    /// <param name="write">What is told of it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, StateWrite write, CancellationToken cancellationToken);

    /// <summary>Says which orgs may use a connector besides the one that registered it, in place of what was said before.</summary>
    /// <param name="id">The connector's id, as the manifests of it have it.</param>
    /// <param name="orgs">The orgs; <c>*</c> is all of them.</param>
    /// <param name="write">What is told of it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task ShareManifestsAsync(string id, IReadOnlyCollection<string> orgs, StateWrite write, CancellationToken cancellationToken);

    /// <summary>Deletes every version of an id, and whom it was shared with. Their numbers stay taken.</summary>
    /// <param name="id">The connector's id.</param>
    /// <param name="write">What is told of it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed, unless the store keeps files: then some may be deleted.</exception>
    Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken);
}

/// <summary>A manifest that was registered.</summary>
/// <param name="Id">The connector's id; <c>org/id</c> where an org other than the host's own registered it.</param>
/// <param name="Version">The connector's version.</param>
/// <param name="Manifest">UTF-8 JSON as it was given; empty when it was deleted.</param>
/// <param name="IsTrusted">Whether somebody registered it who runs the host: then it may lead anywhere.</param>
public sealed record StoredManifest(string Id, string Version, ReadOnlyMemory<byte> Manifest, bool IsTrusted)
{
    /// <summary>Which orgs may use it besides the one that registered it; <c>*</c> is all of them. The same for all versions.</summary>
    public IReadOnlyList<string> SharedWith { get; init; } = [];

    /// <summary>Whether it was deleted: the version is not given out again.</summary>
    public bool IsDeleted => Manifest.IsEmpty;
}
