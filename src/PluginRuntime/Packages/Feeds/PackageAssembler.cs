using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Packages.Feeds;

/// <summary>
/// Lays a closure out as a connector's directory. Its manifest is the package's own, with the list of files that this platform gets; so
/// the identity, which is the manifest's hash, stands for every byte of the closure.
/// </summary>
internal static class PackageAssembler
{
    /// <summary>Fills an empty directory.</summary>
    /// <param name="closure">What was resolved.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="runtimeIdentifier">The platform.</param>
    /// <param name="directory">Exists and is empty.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <exception cref="PackageRefusedException">
    /// As <see cref="ClosureFiles.Of"/>; also <c>manifest.invalid</c>, <c>package.manifest-only</c>, <c>package.identity</c>,
    /// <c>package.no-assembly</c>, <c>package.hash-mismatch</c>.
    /// </exception>
    public static async Task<PackageCandidate> AssembleAsync(
        PackageClosure closure, string source, string runtimeIdentifier, string directory, CancellationToken cancellationToken)
    {
        var name = $"{closure.Root.Id} {closure.Root.Version}";
        var (own, utf8) = await ReadManifestAsync(closure.Root, name, cancellationToken).ConfigureAwait(false);
        var files = ClosureFiles.Of(closure, own, runtimeIdentifier);
        if (!files.ContainsKey(own.Runtime!.Assembly))
        {
            throw new PackageRefusedException(name, PackageCodes.NoAssembly, $"it has no {own.Runtime.Assembly} for this framework under lib/.");
        }

        var listed = new List<ManifestFile>();
        foreach (var (path, file) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            listed.Add(await CopyAsync(path, file, directory, cancellationToken).ConfigureAwait(false));
        }

        // What the build step listed and the package holds has to be the same bytes: else the class is not the one that was described.
        var assembly = listed.Find(file => file.Path == own.Runtime.Assembly)!;
        if (own.Files.FirstOrDefault(file => file.Path == assembly.Path) is { } described && described.Sha256 != assembly.Sha256)
        {
            throw new PackageRefusedException(name, PackageCodes.HashMismatch, $"the bytes of '{assembly.Path}' are not those its manifest lists.");
        }

        var manifest = WithFiles(utf8, listed);
        await File.WriteAllBytesAsync(Path.Join(directory, PackageInspector.ManifestName), manifest, cancellationToken).ConfigureAwait(false);
        var read = ManifestReader.Read(manifest).Manifest!;
        var identity = new PackageIdentity(read.Id, read.Version, Convert.ToHexStringLower(SHA256.HashData(manifest)));
        return new(identity, read, PackageOrigin.Feed, name, directory)
        {
            Provenance = new(
                source,
                closure.Root.Sha512,
                [.. closure.Packages.Where(package => package != closure.Root).Select(package => new ClosurePackage(package.Id, package.Version, package.Sha512))])
            {
                Conformance = await ReadClaimAsync(closure.Root, assembly.Sha256, cancellationToken).ConfigureAwait(false),
            },
        };
    }

    private static async Task<(ConnectorManifest Manifest, byte[] Utf8)> ReadManifestAsync(UnpackedPackage root, string name, CancellationToken cancellationToken)
    {
        var path = Path.Join(root.Directory, PackageInspector.ManifestName);
        if (!File.Exists(path))
        {
            throw new PackageRefusedException(name, PackageCodes.ManifestInvalid, $"it has no {PackageInspector.ManifestName}: it is no connector.");
        }

        var utf8 = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        var result = ManifestReader.Read(utf8);
        if (result.Manifest is not { } manifest)
        {
            throw new PackageRefusedException(name, PackageCodes.ManifestInvalid, string.Join(" ", result.Errors.Select(error => $"{error.Pointer}: {error.Detail}")));
        }

        if (manifest.Runtime is null)
        {
            throw new PackageRefusedException(name, PackageCodes.ManifestOnly, "its manifest has no 'runtime'.");
        }

        return manifest.Id.Equals(root.Id, StringComparison.OrdinalIgnoreCase) && manifest.Version.CompareTo(SemanticVersion.Parse(root.Version)) == 0
            ? (manifest, utf8)
            : throw new PackageRefusedException(name, PackageCodes.Identity, $"its manifest says that it is {manifest.Id} {manifest.Version}.");
    }

    private static async Task<ConformanceClaim?> ReadClaimAsync(UnpackedPackage root, string assemblySha256, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Join(root.Directory, ConformanceClaim.FileName));
        return file is { Exists: true, Length: <= ConformanceClaim.MaxBytes }
            ? ConformanceClaim.Of(await File.ReadAllBytesAsync(file.FullName, cancellationToken).ConfigureAwait(false), assemblySha256)
            : null;
    }

    private static async Task<ManifestFile> CopyAsync(string path, string file, string directory, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        var target = Path.Join(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await File.WriteAllBytesAsync(target, bytes, cancellationToken).ConfigureAwait(false);
        return new(path, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static byte[] WithFiles(byte[] utf8, IEnumerable<ManifestFile> files)
    {
        var manifest = JsonNode.Parse(utf8)!.AsObject();
        manifest["files"] = new JsonArray([.. files.Select(file => new JsonObject { ["path"] = file.Path, ["size"] = file.Size, ["sha256"] = file.Sha256 })]);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            manifest.WriteTo(writer);
        }

        return stream.ToArray();
    }
}
