using System.Security.Cryptography;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>Brings the files one platform needs of a package into a directory, or checks that they are there and nothing else.</summary>
internal sealed class PackageTransfer(PackageIdentity identity, ConnectorManifest manifest, string source, string runtimeIdentifier)
{
    /// <summary>Copies into an empty directory; every byte is verified and durable afterwards, the names in the top directory
    /// included.</summary>
    /// <exception cref="PackageRefusedException">The source is not what its manifest says.</exception>
    /// <exception cref="IOException">The target could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        using var package = new PackageDirectory(from, source);
        var copy = new VerifiedCopy(package, source);
        var files = ByPath();
        var directories = new HashSet<string>(StringComparer.Ordinal);

        // The dependency list decides what else is needed, so it is verified first, and read where nobody can change it any more. Without
        // one the names decide, and only the headers of assemblies are looked at.
        if (files.TryGetValue(DependencyList, out var list)) await CopyFileAsync(list).ConfigureAwait(false);
        foreach (var file in Needed(list is null ? from : to, files).Where(file => file.Path != DependencyList)) await CopyFileAsync(file).ConfigureAwait(false);
        await CopyFileAsync(await ManifestFileAsync(from, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

        // A directory's path is longer than its parent's: this is bottom-up.
        foreach (var directory in directories.OrderByDescending(path => path.Length)) Posix.SyncDirectory(Path.Join(to, directory));
        Posix.SyncDirectory(to);

        async Task CopyFileAsync(ManifestFile file)
        {
            for (var cut = file.Path.IndexOf('/'); cut > 0; cut = file.Path.IndexOf('/', cut + 1))
            {
                if (directories.Add(file.Path[..cut])) StoreDirectory.Create(Path.Join(to, file.Path[..cut]));
            }

            await copy.RunAsync(file, Path.Join(to, file.Path), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads every file again.</summary>
    /// <exception cref="PackageRefusedException">A file is missing, changed, or does not belong there.</exception>
    public async Task CheckAsync(string directory, CancellationToken cancellationToken)
    {
        using var package = new PackageDirectory(directory, source);
        var check = new VerifiedCopy(package, source);
        var files = ByPath();
        var itself = await ManifestFileAsync(directory, cancellationToken).ConfigureAwait(false);
        await check.RunAsync(itself, null, cancellationToken).ConfigureAwait(false);
        if (files.TryGetValue(DependencyList, out var list)) await check.RunAsync(list, null, cancellationToken).ConfigureAwait(false);
        var needed = Needed(directory, files);
        foreach (var file in needed.Where(file => file.Path != DependencyList))
        {
            await check.RunAsync(file, null, cancellationToken).ConfigureAwait(false);
        }


        var expected = needed.Select(file => file.Path).Append(PackageInspector.ManifestName).ToHashSet(StringComparer.Ordinal);
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        var extra = Directory.EnumerateFiles(directory, "*", all)
            .Select(path => Path.GetRelativePath(directory, path).Replace(Path.DirectorySeparatorChar, '/'))
            .FirstOrDefault(path => !expected.Contains(path));
        if (extra is not null) throw new PackageRefusedException(source, PackageCodes.HashMismatch, $"'{extra}' does not belong to it.");
    }

    private string DependencyList => Path.ChangeExtension(manifest.Runtime!.Assembly, ".deps.json");

    private Dictionary<string, ManifestFile> ByPath() => manifest.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);

    private List<ManifestFile> Needed(string directory, Dictionary<string, ManifestFile> files)
    {
        var paths = ReadAssets(directory, files).ToHashSet(StringComparer.Ordinal);
        if (files.ContainsKey(DependencyList)) paths.Add(DependencyList);
        paths.Remove(PackageInspector.ManifestName);
        return [.. paths.Order(StringComparer.Ordinal).Select(path => files.GetValueOrDefault(path) ?? throw new PackageRefusedException(
            source, PackageCodes.Incomplete, $"'{path}' is needed, but the manifest does not list it."))];
    }

    private IReadOnlySet<string> ReadAssets(string directory, Dictionary<string, ManifestFile> files)
    {
        try
        {
            return AssetList.Read(directory, manifest.Runtime!, [.. files.Keys], runtimeIdentifier).Files;
        }
        catch (Exception exception) when (exception is not (PluginRuntimeException or IOException or UnauthorizedAccessException))
        {
            // Whatever an author wrote into the list, it is the package that is at fault.
            throw new PackageRefusedException(source, PackageCodes.ManifestInvalid,
                $"'{DependencyList}' could not be read: {exception.Message}", exception);
        }
    }

    // The manifest lists every file but itself; the identity is its hash.
    private async Task<ManifestFile> ManifestFileAsync(string directory, CancellationToken cancellationToken)
    {
        var bytes = await Task.Run(() => ManifestCache.ReadBytes(directory, source), cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == identity.Hash
            ? new(PackageInspector.ManifestName, bytes.Length, identity.Hash)
            : throw new PackageRefusedException(source, PackageCodes.Incomplete,
                $"{PackageInspector.ManifestName} changed since the package was found.");
    }
}
