using System.Text;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Each registered manifest is a file, <c>manifests/id@version@trusted.json</c>, or without the last part, with <c>~</c> for the <c>/</c> of an id; that of a deleted one is empty. Whom a connector is shared with
/// stands in <c>manifests/id.orgs</c>, one a line.</summary>
public sealed partial class FileStateStore
{
    private const char Mark = '@';
    private const char Separator = '/';
    private const char SeparatorInFiles = '~';
    private const string Trusted = "trusted";
    private const string ManifestSuffix = ".json";
    private const string SharesSuffix = ".orgs";

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
            FileNameOf(added.Id),
            "saved",
            async () =>
            {
                check(ReadManifests(added.Id));
                await WriteManifestAsync(added).ConfigureAwait(false);
                _journal.Add(StateSubject.Connector, added.Id, write);
            },
            cancellationToken);

    /// <inheritdoc />
    public Task ShareManifestsAsync(string id, IReadOnlyCollection<string> orgs, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            FileNameOf(id),
            "saved",
            async () =>
            {
                await WriteSharesAsync(id, orgs).ConfigureAwait(false);
                _journal.Add(StateSubject.Connector, id, write);
            },
            cancellationToken);

    /// <inheritdoc />
    public Task DeleteManifestsAsync(string id, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            FileNameOf(id),
            "saved",
            async () =>
            {
                foreach (var manifest in ReadManifests(id).Where(manifest => !manifest.IsDeleted))
                {
                    await WriteManifestAsync(manifest with { Manifest = default }).ConfigureAwait(false);
                }

                if (File.Exists(SharesOf(id)))
                {
                    await WriteSharesAsync(id, []).ConfigureAwait(false);
                }

                _journal.Add(StateSubject.Connector, id, write);
            },
            cancellationToken);

    private string SharesOf(string id) => Path.Combine(ManifestDirectory, FileNameOf(id) + SharesSuffix);

    private static string FileNameOf(string id) => id.Replace(Separator, SeparatorInFiles);

    private Task WriteSharesAsync(string id, IReadOnlyCollection<string> orgs)
    {
        MakeDirectory(ManifestDirectory);
        return AtomicFile.WriteAsync(SharesOf(id), Encoding.UTF8.GetBytes(string.Join('\n', orgs)), Private, CancellationToken.None);
    }

    private List<StoredManifest> ReadManifests(string id) =>
        !Directory.Exists(ManifestDirectory) ? [] :
        [
            .. from path in Directory.EnumerateFiles(ManifestDirectory, $"{FileNameOf(id)}{Mark}*{ManifestSuffix}")
               let name = Path.GetFileName(path)[..^ManifestSuffix.Length].Split(Mark)
               where name is [_, _] or [_, _, Trusted]
               let stored = name[0].Replace(SeparatorInFiles, Separator)
               select new StoredManifest(stored, name[1], File.ReadAllBytes(path), name.Length == 3)
               {
                   SharedWith = File.Exists(SharesOf(stored)) ? File.ReadAllLines(SharesOf(stored)) : [],
               },
        ];

    private Task WriteManifestAsync(StoredManifest manifest)
    {
        MakeDirectory(ManifestDirectory);
        var name = string.Join(Mark, (string[])[FileNameOf(manifest.Id), manifest.Version, .. manifest.IsTrusted ? (string[])[Trusted] : []]) + ManifestSuffix;
        return AtomicFile.WriteAsync(Path.Combine(ManifestDirectory, name), manifest.Manifest, Private, CancellationToken.None);
    }
}
