using System.Collections.Frozen;
using System.Security.Cryptography;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Packages.Feeds;

/// <summary>
/// A directory of our own with checked package files, which the NuGet client is given as one more source: for what comes by itself, in the
/// drop-in folder or in a request. One writer at a time; read at any time.
/// </summary>
/// <remarks>The client never sees a file on its way, one that somebody else can write, or one that was not looked at.</remarks>
internal sealed class ArchiveFolder
{
    /// <summary>The source's name for files in the drop-in folder.</summary>
    public const string DropIn = "drop-in";

    /// <summary>The source's name for files in requests.</summary>
    public const string Upload = "upload";

    private volatile FrozenSet<string> _ids;

    /// <param name="name">The source's name.</param>
    /// <param name="directory">Everything in it belongs to this.</param>
    public ArchiveFolder(string name, string directory)
    {
        (Name, Directory) = (name, directory);
        _ids = ReadIds();
    }

    public string Name { get; }

    public string Directory { get; }

    public bool IsEmpty => _ids.Count == 0;

    /// <summary>Whether a source's name is that of such a folder.</summary>
    public static bool IsNameOfOne(string source) =>
        source.Equals(DropIn, StringComparison.OrdinalIgnoreCase) || source.Equals(Upload, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a package of that id lies in it.</summary>
    public bool Has(string id) => _ids.Contains(id);

    /// <summary>Takes a copy of a file.</summary>
    /// <param name="archive">The file, as it was when it was looked at.</param>
    /// <returns>False where it has changed since, or is gone.</returns>
    /// <exception cref="IOException">The disk refuses.</exception>
    public bool TryTake(ScannedArchive archive)
    {
        var target = PathOf(archive.Id, archive.Version);
        if (File.Exists(target) && HashOf(target) == archive.Sha512)
        {
            return true;
        }

        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var copy = Path.Join(Directory, $".{Guid.NewGuid():N}");
        try
        {
            File.Copy(archive.Path, copy);
            if (HashOf(copy) != archive.Sha512)
            {
                return false;
            }

            File.Move(copy, target, overwrite: true);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            File.Delete(copy);
            _ids = ReadIds();
        }
    }

    /// <summary>Whether another file lies there under an id and version.</summary>
    public bool HasOther(ScannedArchive archive) => PathOf(archive.Id, archive.Version) is var path && File.Exists(path) && HashOf(path) != archive.Sha512;

    /// <summary>Drops a file; no effect where there is none.</summary>
    public void Remove(string id, string version)
    {
        var path = PathOf(id, version);
        if (Path.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(path);
            _ids = ReadIds();
        }
    }

    /// <summary>Drops all other files.</summary>
    public void Keep(IEnumerable<ScannedArchive> archives)
    {
        var kept = archives.Select(archive => PathOf(archive.Id, archive.Version)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Files().Where(file => !kept.Contains(file)))
        {
            File.Delete(file);
        }

        _ids = ReadIds();
    }

    private string PathOf(string id, string version) => Path.Join(Directory, id, $"{id}.{NuGetVersionText.Normalize(version)}.nupkg");

    private FrozenSet<string> ReadIds() =>
        Files().Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private List<string> Files() =>
        System.IO.Directory.Exists(Directory) ? [.. System.IO.Directory.EnumerateFiles(Directory, "*.nupkg", SearchOption.AllDirectories)] : [];

    private static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToBase64String(SHA512.HashData(stream));
    }
}
