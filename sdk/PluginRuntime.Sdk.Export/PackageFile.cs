using System.Security.Cryptography;

namespace PluginRuntime.Sdk.Export;

/// <summary>One file of a connector as its manifest lists it: what makes a half-copied folder decidable.</summary>
/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
internal sealed record PackageFile(string Path, long Size, string Sha256)
{
    /// <summary>
    /// All files of a connector, ordinally sorted by path. Left out are the manifest, debug symbols, documentation of assemblies, the
    /// contract, excluded directories, and directories that hold a manifest of their own: another build of the same project.
    /// </summary>
    /// <exception cref="ExportException">A directory is a link: what it leads to is no part of the connector.</exception>
    internal static IReadOnlyList<PackageFile> List(ExportRequest request)
    {
        var files = new List<PackageFile>();
        Collect(new(request.Directory), request, files);
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static void Collect(DirectoryInfo directory, ExportRequest request, List<PackageFile> files)
    {
        foreach (var file in directory.EnumerateFiles())
        {
            if (IsListed(file))
            {
                files.Add(Read(file, request.Directory));
            }
        }

        foreach (var child in directory.EnumerateDirectories())
        {
            if (IsExcluded(child, request) || File.Exists(System.IO.Path.Combine(child.FullName, ManifestFile.Name)))
            {
                continue;
            }

            if (child.LinkTarget is not null)
            {
                throw new ExportException(ExportException.Files, $"The directory {child.FullName} is a link. A connector holds its own files.");
            }

            Collect(child, request, files);
        }
    }

    private static bool IsListed(FileInfo file)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file.Name);
        return file.Extension switch
        {
            ".pdb" => false,
            ".dll" => !ContractAssemblies.Contains(name),
            ".xml" => !File.Exists(System.IO.Path.ChangeExtension(file.FullName, ".dll")) && !ContractAssemblies.Contains(name),
            _ => !ManifestFile.IsManifest(file.Name),
        };
    }

    private static bool IsExcluded(DirectoryInfo directory, ExportRequest request) =>
        request.Excluded.Any(excluded => System.IO.Path.TrimEndingDirectorySeparator(
            System.IO.Path.GetFullPath(excluded, request.Directory)) == directory.FullName);

    private static PackageFile Read(FileInfo file, string root)
    {
        using var stream = file.OpenRead();
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        return new(System.IO.Path.GetRelativePath(root, file.FullName).Replace('\\', '/'), stream.Length, hash);
    }
}
