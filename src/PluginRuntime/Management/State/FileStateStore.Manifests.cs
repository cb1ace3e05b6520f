using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Each registered manifest is a file, <c>manifests/id@version@trusted.json</c>, or without the last part; that of a deleted one is empty.</summary>
public sealed partial class FileStateStore
{
    private const char Mark = '@';
    private const string Trusted = "trusted";
    private const string ManifestSuffix = ".json";

    private string ManifestDirectory => Path.Combine(directory, "manifests");

    /// <inheritdoc />
    public async Task<IReadOnlyList<StoredManifest>> LoadManifestsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredManifest> all = [];
        await LockedAsync("manifests", "read", () => Task.FromResult(all = ReadManifests("*")), cancellationToken).ConfigureAwait(false);
        return all;
    }

    /// <inheritdoc />
    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            added.Id,
            "saved",
            async () =>
            {
                check(ReadManifests(added.Id));
                await WriteManifestAsync(added).ConfigureAwait(false);
                _journal.Add(StateSubject.Connector, added.Id, write);
            },
            cancellationToken);

    /// <inheritdoc />
    public Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            id,
            "saved",
            async () =>
            {
                foreach (var manifest in ReadManifests(id).Where(manifest => !manifest.IsDeleted))
                {
                    await WriteManifestAsync(manifest with { Manifest = default }).ConfigureAwait(false);
                }

                _journal.Add(StateSubject.Connector, id, write);
            },
            cancellationToken);

    private List<StoredManifest> ReadManifests(string id) =>
        !Directory.Exists(ManifestDirectory) ? [] :
        [
            .. from path in Directory.EnumerateFiles(ManifestDirectory, $"{id}{Mark}*{ManifestSuffix}")
               let name = Path.GetFileName(path)[..^ManifestSuffix.Length].Split(Mark)
               where name is [_, _] or [_, _, Trusted]
               select new StoredManifest(name[0], name[1], File.ReadAllBytes(path), name.Length == 3),
        ];

    private Task WriteManifestAsync(StoredManifest manifest)
    {
        MakeDirectory(ManifestDirectory);
        var name = string.Join(Mark, (string[])[manifest.Id, manifest.Version, .. manifest.IsTrusted ? (string[])[Trusted] : []]) + ManifestSuffix;
        return AtomicFile.WriteAsync(Path.Combine(ManifestDirectory, name), manifest.Manifest, Private, CancellationToken.None);
    }
}
