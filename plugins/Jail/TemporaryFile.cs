using Microsoft.Win32.SafeHandles;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Jail;

/// <summary>
/// A file that is being written beside its place, and gets its name when it is whole: others see the old file or the new one. Without
/// <see cref="Commit"/> it is removed.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly JailDirectory _directory;
    private readonly JailPath _path;
    private readonly string _name;
    private readonly uint? _mode;
    private bool _isGone;

    private TemporaryFile(JailDirectory directory, JailPath path, uint? mode)
    {
        _directory = directory;
        _path = path;
        _mode = mode;
        _name = $"{JailPath.TemporaryPrefix}{Guid.NewGuid():N}.tmp";
        Handle = directory.CreateFile(_name, path, mode);
    }

    /// <summary>To write to.</summary>
    internal SafeFileHandle Handle { get; }

    /// <param name="jail">The jail. Not needed any more afterwards.</param>
    /// <param name="path">Where the file shall be.</param>
    /// <param name="mustBeNew">Whether the place has to be free.</param>
    /// <param name="createDirectories">Whether directories that are missing are made.</param>
    /// <exception cref="ConnectorException">The place is taken, or cannot be reached.</exception>
    internal static TemporaryFile Create(JailDirectory jail, JailPath path, bool mustBeNew, bool createDirectories)
    {
        var directory = jail.OpenParent(path, createDirectories);
        try
        {
            var old = directory.Find(path.Name, path.Text);
            if (old is { IsFile: false })
            {
                throw old.IsLink ? JailFailure.Link(path.Text) : old.IsDirectory ? JailFailure.Of(JailFailure.IsDirectory, path.Text) : JailFailure.NoFile(path.Text);
            }

            if (old is not null && mustBeNew)
            {
                throw JailFailure.Of(JailFailure.Exists, path.Text);
            }

            return new(directory, path, old is null ? null : (uint)(old.Mode & 0x1FF));
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Makes the bytes durable, then the name.</summary>
    /// <param name="mustBeNew">Whether the name must be free; else what has it is replaced.</param>
    /// <returns>The file as it is now.</returns>
    internal FileStat Commit(bool mustBeNew)
    {
        if (_mode is { } mode)
        {
            JailDirectory.SetMode(Handle, mode, _path);
        }

        JailDirectory.Sync(Handle, _path, wasSent: false);
        if (mustBeNew)
        {
            // The one way to take a name only when it is free that every file system with links has.
            _directory.Link(_name, _path.Name, _path);
            _directory.Remove(_name, isDirectory: false, _path, wasSent: true);
        }
        else
        {
            _directory.Rename(_name, _path.Name, _path);
        }

        _isGone = true;
        _directory.Sync(_path);
        return FileStat.Of(Handle, _path.Text);
    }

    public void Dispose()
    {
        Handle.Dispose();
        try
        {
            if (!_isGone)
            {
                _directory.Remove(_name, isDirectory: false, _path);
            }
        }
        catch (ConnectorException)
        {
            // Somebody else removed it, or it stays: what failed before is what the caller has to know.
        }
        finally
        {
            _directory.Dispose();
        }
    }
}
