namespace PluginRuntime.Sdk.Export;

/// <summary>The manifest's place in a connector's directory.</summary>
internal static class ManifestFile
{
    internal const string Name = "connector.json";

    private const string TemporaryPrefix = ".connector.json.";

    /// <summary>Whether a file's name is that of a manifest, or of one that was being written.</summary>
    internal static bool IsManifest(string name) => name == Name || name.StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>Puts the manifest into place, whole or not at all. A file that holds the same bytes already is left alone.</summary>
    internal static void Write(ExportRequest request, byte[] manifest)
    {
        var path = Path.Combine(request.Directory, Name);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(manifest))
        {
            return;
        }

        // A name of its own, so that two builds of one project at a time cannot write into one file.
        var temporary = Path.Combine(request.Directory, TemporaryPrefix + Path.GetRandomFileName());
        try
        {
            File.WriteAllBytes(temporary, manifest);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    internal static void Delete(ExportRequest request)
    {
        if (Directory.Exists(request.Directory))
        {
            File.Delete(Path.Combine(request.Directory, Name));
        }
    }
}
