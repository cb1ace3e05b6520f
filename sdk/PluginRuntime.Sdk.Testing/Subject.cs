using System.IO.Compression;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing;

/// <summary>What is tested, as it lies there.</summary>
/// <param name="Path">The folder, or the package.</param>
/// <param name="IsPackage">Whether it is a <c>.nupkg</c>.</param>
/// <param name="Test">How to test it.</param>
/// <param name="Previous">The manifest of the version before; null when there is none to compare with.</param>
internal sealed record Subject(string Path, bool IsPackage, TestFile Test, ConnectorManifest? Previous)
{
    /// <exception cref="ConformanceException">There is nothing there.</exception>
    internal static Subject Find(string path, ConformanceOptions options)
    {
        var isPackage = File.Exists(path) && path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase);
        if (!isPackage && !Directory.Exists(path))
        {
            throw new ConformanceException($"There is no connector at {path}. Give the folder with its connector.json, or its .nupkg.");
        }

        var file = options.TestFile is { } given ? System.IO.Path.GetFullPath(given, AppContext.BaseDirectory) : System.IO.Path.Combine(AppContext.BaseDirectory, TestFile.Name);
        return new(
            path,
            isPackage,
            options.TestFile is not null || File.Exists(file) ? TestFile.Read(file) : new(),
            options.Previous is { } previous ? ReadManifest(System.IO.Path.GetFullPath(previous, AppContext.BaseDirectory)) : null);
    }

    /// <summary>The bytes of a connector's manifest: of a folder, a package, or the file itself.</summary>
    /// <exception cref="ConformanceException">There is none that can be read.</exception>
    internal static byte[] ManifestBytes(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return File.ReadAllBytes(System.IO.Path.Combine(path, ManifestFiles.ManifestName));
            }

            if (!path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase))
            {
                return File.ReadAllBytes(path);
            }

            using var archive = ZipFile.OpenRead(path);
            using var stream = (archive.GetEntry(ManifestFiles.ManifestName) ?? throw new ConformanceException($"{path} holds no {ManifestFiles.ManifestName}.")).Open();
            var bytes = new byte[ManifestReader.MaxBytes + 1];
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new ConformanceException($"The manifest of {path} cannot be read: {exception.Message}");
        }
    }

    private static ConnectorManifest ReadManifest(string path)
    {
        var read = ManifestReader.Read(ManifestBytes(path));
        return read.Manifest
            ?? throw new ConformanceException($"The manifest of {path} is not valid: {string.Join(' ', read.Errors.Select(error => $"{error.Pointer}: {error.Detail}"))}");
    }
}
