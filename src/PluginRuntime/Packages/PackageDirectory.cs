using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages;

/// <summary>Opens files of one package, without ever leaving its directory: no link is followed, in no segment, not even one that appears
/// meanwhile.</summary>
/// <remarks>On Windows, where a path cannot be walked handle by handle, links are looked for before the open, which leaves a gap.</remarks>
internal sealed class PackageDirectory : IDisposable
{
    private readonly string _path;
    private readonly string _source;
    private readonly SafeFileHandle? _handle;

    /// <summary>Opens the package's directory.</summary>
    /// <param name="path">The directory; links before its last segment are followed.</param>
    /// <param name="source">The package as people see it, for errors.</param>
    /// <exception cref="PackageRefusedException"><c>package.link</c>, <c>package.incomplete</c> when it is not there,
    /// <c>package.unreadable</c>.</exception>
    public PackageDirectory(string path, string source)
    {
        (_path, _source) = (path, source);
        _handle = OperatingSystem.IsWindows() ? null : Refusing("its directory", path, () => Posix.OpenDirectory(path));
    }

    /// <summary>Opens a regular file for reading.</summary>
    /// <param name="relativePath">With forward slashes.</param>
    /// <exception cref="PackageRefusedException">As the constructor; <c>package.link</c> also for anything that is no regular
    /// file.</exception>
    public SafeFileHandle Open(string relativePath)
    {
        if (!IsInside(relativePath))
        {
            throw new PackageRefusedException(_source, PackageCodes.ManifestInvalid, $"'{relativePath}' leaves the package.");
        }

        if (_handle is null) return OpenByPath(relativePath);

        var segments = relativePath.Split('/');
        var directory = _handle;
        try
        {
            for (var i = 0; i < segments.Length - 1; i++)
            {
                var parent = directory;
                var below = Refusing(relativePath, PathOf(segments, i), () => Posix.OpenDirectoryAt(parent, segments[i]));
                if (parent != _handle) parent.Dispose();
                directory = below;
            }

            var file = Refusing(relativePath, PathOf(segments, segments.Length - 1), () => Posix.OpenFileAt(directory, segments[^1]));
            if (FileStat.Read(file) is null or { Kind: FileKind.File }) return file;
            file.Dispose();
            throw new PackageRefusedException(_source, PackageCodes.Link, $"'{relativePath}' is no regular file.");
        }
        finally
        {
            if (directory != _handle) directory.Dispose();
        }
    }

    /// <summary>Whether a listed path stays in the package on every system: no empty, <c>.</c> or <c>..</c> segment, no backslash, colon
    /// or control character.</summary>
    public static bool IsInside(string relativePath) =>
        relativePath.Split('/').All(segment => segment is not ("" or "." or ".."))
        && !relativePath.Any(character => character is '\\' or ':' || char.IsControl(character));

    public void Dispose() => _handle?.Dispose();

    private string PathOf(string[] segments, int last) => Path.Join(_path, string.Join('/', segments[..(last + 1)]));

    private SafeFileHandle OpenByPath(string relativePath)
    {
        var segments = relativePath.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (FileStat.Read(PathOf(segments, i)) is { Kind: FileKind.Link }) throw Linked(relativePath);
        }

        return Refusing(relativePath, Path.Join(_path, relativePath), () =>
            File.OpenHandle(Path.Join(_path, relativePath), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
    }

    private SafeFileHandle Refusing(string what, string path, Func<SafeFileHandle> open)
    {
        try
        {
            return open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (exception is PosixException { Errno: var errno } && errno == Posix.TooManyLinks) throw Linked(what);

            // A link where a directory is wanted answers "not a directory": look again to name the reason. The refusal stands either way.
            var isLink = exception is PosixException { Errno: Posix.NotDirectory } && FileStat.Read(path) is { Kind: FileKind.Link };
            if (isLink) throw Linked(what);
            throw exception is FileNotFoundException or DirectoryNotFoundException
                or PosixException { Errno: Posix.NoEntry or Posix.NotDirectory }
                ? new PackageRefusedException(_source, PackageCodes.Incomplete, $"{what} is missing.", exception)
                : new PackageRefusedException(_source, PackageCodes.Unreadable,
                    $"{what} could not be opened: {exception.Message}", exception);
        }
    }

    private PackageRefusedException Linked(string what) =>
        new(_source, PackageCodes.Link, $"{what} is reached by a symbolic link; a package holds plain files and directories only.");
}
