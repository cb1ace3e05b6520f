using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Each registered manifest is a file, <c>manifests/id@version.json</c>; that of a deleted one is empty.</summary>
public sealed partial class FileStateStore
{
    private const char VersionMark = '@';
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
    public Task AddManifestAsync(StoredManifest added, Action<IReadOnlyList<StoredManifest>> check, CancellationToken cancellationToken) =>
        LockedAsync(
            NameOf(added.Id, added.Version),
            "saved",
            () =>
            {
                check(ReadManifests(added.Id));
                return WriteManifestAsync(added.Id, added.Version, added.Manifest);
            },
            cancellationToken);

    /// <inheritdoc />
    public Task DeleteManifestsAsync(string id, CancellationToken cancellationToken) =>
        LockedAsync(
            id,
            "saved",
            async () =>
            {
                foreach (var manifest in ReadManifests(id).Where(manifest => !manifest.IsDeleted))
                {
                    await WriteManifestAsync(id, manifest.Version, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
                }
            },
            cancellationToken);

    private static string NameOf(string id, string version) => $"{id}{VersionMark}{version}{ManifestSuffix}";

    private List<StoredManifest> ReadManifests(string id) =>
        !Directory.Exists(ManifestDirectory) ? [] :
        [
            .. from path in Directory.EnumerateFiles(ManifestDirectory, NameOf(id, "*"))
               let name = Path.GetFileName(path)[..^ManifestSuffix.Length].Split(VersionMark)
               where name.Length == 2
               select new StoredManifest(name[0], name[1], File.ReadAllBytes(path)),
        ];

    private Task WriteManifestAsync(string id, string version, ReadOnlyMemory<byte> manifest)
    {
        MakeDirectory(ManifestDirectory);
        return AtomicFile.WriteAsync(Path.Combine(ManifestDirectory, NameOf(id, version)), manifest, Private, CancellationToken.None);
    }
}
