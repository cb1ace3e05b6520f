using System.Text.Json;

namespace PluginRuntime.Manifests;

/// <summary>Reads a manifest's list of files. What it accepts is safe to join to a directory on any platform's file system.</summary>
internal static class ManifestFiles
{
    internal const string ManifestName = "connector.json";

    internal static List<ManifestFile> Read(ManifestObject manifest)
    {
        var known = new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase);
        return manifest.List("files", (element, pointer, errors) => ReadFile(element, pointer, known, errors));
    }

    /// <summary>Whether a path is relative, with forward slashes, and stays inside: no empty, <c>.</c> or <c>..</c> segment.</summary>
    internal static bool IsPath(string path)
    {
        foreach (var character in path)
        {
            if (character is '\\' or ':' || char.IsControl(character))
            {
                return false;
            }
        }

        return path.Split('/').All(segment => segment is not ("" or "." or ".."));
    }

    private static ManifestFile? ReadFile(JsonElement element, string pointer, Dictionary<string, bool> known, List<ValidationError> errors)
    {
        if (ManifestObject.Open(element, pointer, errors, "path", "size", "sha256") is not { } file)
        {
            return null;
        }

        var path = file.RequiredText("path");
        if (path.Length > 0)
        {
            CheckPath(file, path, known);
        }

        return new ManifestFile(path, ReadSize(file), ReadHash(file));
    }

    private static void CheckPath(ManifestObject file, string path, Dictionary<string, bool> known)
    {
        if (!IsPath(path))
        {
            file.Report(
                "path",
                "file.path-invalid",
                "This is no path of a package; accepted is a relative one with forward slashes, without '.' or '..', ':' and control characters.");
            return;
        }

        if (path.Equals(ManifestName, StringComparison.OrdinalIgnoreCase))
        {
            file.Report("path", "file.path-manifest", "The manifest cannot list itself; accepted are the other files.");
        }

        // True for a file, false for a directory that a file lies in: the same name cannot be both.
        if (!known.TryAdd(path, true))
        {
            file.Report("path", "file.path-duplicate", "Another file has this path, or lies below it; accepted are paths that differ by more than case.");
            return;
        }

        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (!known.TryAdd(path[..slash], false))
            {
                if (known[path[..slash]])
                {
                    file.Report("path", "file.path-duplicate", "The path lies below another file; accepted are paths below directories.");
                }

                break;
            }
        }
    }

    private static long ReadSize(ManifestObject file)
    {
        if (!file.IsThere("size") || file.Of("size", JsonValueKind.Number, "a number of bytes") is not { } value)
        {
            return 0;
        }

        if (value.TryGetInt64(out var size) && size >= 0)
        {
            return size;
        }

        file.Report("size", "file.size-invalid", "This is no size; accepted is a number of bytes, 0 or more.");
        return 0;
    }

    private static string ReadHash(ManifestObject file)
    {
        var hash = file.RequiredText("sha256");
        if (!string.IsNullOrWhiteSpace(hash) && (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower)))
        {
            file.Report("sha256", "file.hash-invalid", "This is no SHA-256; accepted are 64 lower-case hexadecimal digits.");
        }

        return hash;
    }
}
