using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

internal sealed partial class HeldStateStore
{
    private readonly List<StoredManifest> _manifests = [];

    /// <summary>Runs before each reading of manifests.</summary>
    internal Action BeforeManifests { get; set; } = () => { };

    public Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken)
    {
        BeforeManifests();
        return Task.FromResult<IReadOnlyList<StoredManifest>>([.. _manifests]);
    }

    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, StateWrite write, CancellationToken cancellationToken)
    {
        check([.. _manifests.Where(manifest => manifest.Id == added.Id)]);
        _manifests.Add(added);
        _journal.Add(StateSubject.Connector, added.Id, write);
        return Task.CompletedTask;
    }

    public Task ShareManifestsAsync(string id, IReadOnlyCollection<string> orgs, StateWrite write, CancellationToken cancellationToken)
    {
        Replace(id, manifest => manifest with { SharedWith = [.. orgs] });
        _journal.Add(StateSubject.Connector, id, write);
        return Task.CompletedTask;
    }

    public Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken)
    {
        Replace(id, manifest => manifest with { Manifest = default, SharedWith = [] });
        _journal.Add(StateSubject.Connector, id, write);
        return Task.CompletedTask;
    }

    private void Replace(string id, Func<StoredManifest, StoredManifest> change)
    {
        for (var index = 0; index < _manifests.Count; index++)
        {
            _manifests[index] = _manifests[index].Id == id ? change(_manifests[index]) : _manifests[index];
        }
    }
}
