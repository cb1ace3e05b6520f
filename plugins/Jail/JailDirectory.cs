using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Jail;

/// <summary>
/// An open directory that nothing leads out of. Every name is opened by itself, from the directory before, without following a link: so
/// what another process swaps in between two steps is refused, and cannot lead elsewhere.
/// </summary>
/// <remarks>
/// It shows what the file system shows: a mount below it is part of it, and a hard link is the file that it is. All calls are synchronous.
/// </remarks>
internal sealed class JailDirectory : IDisposable
{
    private const uint DirectoryMode = 0x1FF; // 0777, less the umask
    private const uint FileMode = 0x1B6; // 0666, less the umask
    private const int NameOffset = 19;

    private static readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);

    private readonly SafeFileHandle _handle;

    private JailDirectory(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens the jail's own directory. Its path is the configuration's: links in it are followed.</summary>
    /// <exception cref="ConnectorException">It is not there, or cannot be opened.</exception>
    internal static JailDirectory Open(string path)
    {
        if (!SystemCalls.AreKnown)
        {
            throw JailFailure.Input("Directories can be used on Linux with 64 bits only.");
        }

        var handle = Retried(() => SystemCalls.Open(path, SystemCalls.ReadOnly | SystemCalls.Directory | SystemCalls.CloseOnExec, 0), out var errno);
        return errno switch
        {
            0 => new(handle),
            JailFailure.NoEntry or JailFailure.NotDirectory => throw JailFailure.Unavailable("The instance's directory is not there."),
            _ => throw JailFailure.Unavailable($"The instance's directory cannot be opened (error {errno})."),
        };
    }

    /// <summary>Makes the jail's own directory where it is missing.</summary>
    /// <exception cref="ConnectorException">It cannot be made.</exception>
    internal static void Make(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw JailFailure.Unavailable($"The setting 'directory' names what is not there and cannot be made: {exception.GetType().Name}.");
        }
    }

    /// <summary>Whether the path still leads here.</summary>
    internal bool IsAt(string path)
    {
        using var now = Open(path);
        return FileStat.Of(now._handle, "").Identity == FileStat.Of(_handle, "").Identity;
    }

    /// <summary>Opens a directory below this one.</summary>
    /// <exception cref="ConnectorException">It is not there, is none, or a link is on the way.</exception>
    internal JailDirectory OpenDirectory(JailPath path) => Walk(path, path.Names.Count, create: false);

    /// <summary>Opens the directory that a file lies in.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="create">Whether directories that are missing are made.</param>
    internal JailDirectory OpenParent(JailPath path, bool create) => Walk(path, path.Names.Count - 1, create);

    /// <summary>Opens a directory in this one.</summary>
    /// <returns>Null when it is not there, is none, or may not be entered.</returns>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for the message.</param>
    internal JailDirectory? TryEnter(string name, string path)
    {
        var handle = OpenAt(name, SystemCalls.ReadOnly | SystemCalls.Directory, out var errno);
        return errno switch
        {
            0 => new(handle),
            JailFailure.NoEntry or JailFailure.NotDirectory or JailFailure.TooManyLinks or JailFailure.AccessDenied => null,
            _ => throw JailFailure.Of(errno, path),
        };
    }

    /// <summary>Opens a regular file in this directory for reading. A device is not touched, a pipe not waited for.</summary>
    internal SafeFileHandle OpenFile(string name, JailPath path)
    {
        CheckFile(name, path);
        return Regular(OpenAt(name, SystemCalls.ReadOnly | SystemCalls.NonBlocking, out var errno), errno, path);
    }

    /// <summary>Opens a regular file in this directory to write behind its end; an empty one when it is not there.</summary>
    internal SafeFileHandle OpenAppend(string name, JailPath path)
    {
        if (FileStat.Find(_handle, name, path.Text) is not null)
        {
            CheckFile(name, path);
        }

        return Regular(OpenAt(name, SystemCalls.WriteOnly | SystemCalls.Append | SystemCalls.Create | SystemCalls.NonBlocking, out var errno), errno, path);
    }

    /// <returns>Null when it is not there.</returns>
    internal FileStat? Find(string name, string path) => FileStat.Find(_handle, name, path);

    internal FileStat Stat() => FileStat.Of(_handle, "");

    /// <summary>Makes a file that is not there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for the message.</param>
    /// <param name="mode">Its permissions from the first moment on, less the umask; null for the usual ones.</param>
    internal SafeFileHandle CreateFile(string name, JailPath path, uint? mode)
    {
        var handle = OpenAt(name, SystemCalls.WriteOnly | SystemCalls.CreateNew, out var errno, mode ?? FileMode);
        return errno == 0 ? handle : throw JailFailure.Of(errno, path.Text);
    }

    /// <summary>Gives a file another name in this directory, in place of what has it.</summary>
    internal void Rename(string from, string to, JailPath path) => Check(SystemCalls.RenameAt(_handle, from, _handle, to), path);

    /// <summary>Gives a file a further name in this directory, which must be free.</summary>
    internal void Link(string from, string to, JailPath path) => Check(SystemCalls.LinkAt(_handle, from, _handle, to, 0), path);

    internal void Remove(string name, bool isDirectory, JailPath path, bool wasSent = false) =>
        Check(SystemCalls.UnlinkAt(_handle, name, isDirectory ? SystemCalls.AtRemoveDirectory : 0), path, wasSent);

    /// <summary>Makes the names in this directory durable.</summary>
    internal void Sync(JailPath path) => Sync(_handle, path, wasSent: true);

    /// <summary>Makes a file's bytes durable. After a failure the file is to be thrown away: a second call may lie.</summary>
    internal static void Sync(SafeFileHandle handle, JailPath path, bool wasSent)
    {
        while (SystemCalls.Sync(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() is var errno and not JailFailure.Interrupted)
            {
                throw JailFailure.Of(errno, path.Text, wasSent);
            }
        }
    }

    /// <summary>Sets a file's permissions.</summary>
    internal static void SetMode(SafeFileHandle handle, uint mode, JailPath path) => Check(SystemCalls.ChangeMode(handle, mode), path);

    /// <summary>The names in this directory that a path can name, in no order.</summary>
    internal IEnumerable<string> Names()
    {
        var stream = OpenStream();
        try
        {
            while (Next(stream) is { } bytes)
            {
                if (Decode(bytes) is { } name && JailPath.IsName(name))
                {
                    yield return name;
                }
            }
        }
        finally
        {
            _ = SystemCalls.CloseStream(stream);
        }
    }

    public void Dispose() => _handle.Dispose();

    private JailDirectory Walk(JailPath path, int count, bool create)
    {
        var current = new JailDirectory(OpenAt(".", SystemCalls.ReadOnly | SystemCalls.Directory, out var errno));
        try
        {
            for (var index = 0; errno == 0 && index < count; index++)
            {
                var next = current.Enter(path, index, create, out errno);
                current.Dispose();
                current = next;
            }

            return errno == 0 ? current : throw JailFailure.Of(errno, path.Text);
        }
        catch
        {
            current.Dispose();
            throw;
        }
    }

    private JailDirectory Enter(JailPath path, int index, bool create, out int errno)
    {
        var name = path.Names[index];
        var handle = OpenAt(name, SystemCalls.ReadOnly | SystemCalls.Directory, out errno);
        if (errno == JailFailure.NoEntry && create)
        {
            // Another call may have made it meanwhile.
            if (SystemCalls.MakeDirectoryAt(_handle, name, DirectoryMode) == 0)
            {
                Sync(_handle, path, wasSent: false);
            }
            else if (Marshal.GetLastPInvokeError() is var made and not JailFailure.Exists)
            {
                throw JailFailure.Of(made, path.Text);
            }

            handle = OpenAt(name, SystemCalls.ReadOnly | SystemCalls.Directory, out errno);
        }

        if (errno is JailFailure.NotDirectory or JailFailure.TooManyLinks && FileStat.Find(_handle, name, path.Text) is { IsLink: true })
        {
            throw JailFailure.Link(string.Join('/', path.Names.Take(index + 1)));
        }

        return new(handle);
    }

    private void CheckFile(string name, JailPath path)
    {
        var stat = FileStat.Find(_handle, name, path.Text) ?? throw JailFailure.NotFound(path.Text);
        if (!stat.IsFile)
        {
            throw stat.IsLink ? JailFailure.Link(path.Text) : JailFailure.NoFile(path.Text);
        }
    }

    // The name may have come to mean something else after it was looked at.
    private static SafeFileHandle Regular(SafeFileHandle handle, int errno, JailPath path)
    {
        try
        {
            return errno != 0 ? throw JailFailure.Of(errno, path.Text)
                : FileStat.Of(handle, path.Text).IsFile ? handle
                : throw JailFailure.NoFile(path.Text);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenAt(string name, int flags, out int errno, uint mode = FileMode) =>
        Retried(() => SystemCalls.OpenAt(_handle, name, flags | SystemCalls.NoFollow | SystemCalls.CloseOnExec, mode), out errno);

    private static SafeFileHandle Retried(Func<SafeFileHandle> open, out int errno)
    {
        while (true)
        {
            var handle = open();
            errno = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
            if (errno != JailFailure.Interrupted)
            {
                return handle;
            }
        }
    }

    private static void Check(int result, JailPath path, bool wasSent = false)
    {
        if (result != 0)
        {
            throw JailFailure.Of(Marshal.GetLastPInvokeError(), path.Text, wasSent);
        }
    }

    // On a handle of its own, because reading moves its place.
    private nint OpenStream()
    {
        using var handle = OpenAt(".", SystemCalls.ReadOnly | SystemCalls.Directory, out var errno);
        var stream = errno == 0 ? SystemCalls.OpenStream(handle.DangerousGetHandle()) : 0;
        if (stream == 0)
        {
            throw JailFailure.Of(errno == 0 ? Marshal.GetLastPInvokeError() : errno, ".");
        }

        handle.SetHandleAsInvalid();
        return stream;
    }

    private static unsafe byte[]? Next(nint stream)
    {
        var entry = SystemCalls.ReadEntry(stream);
        return entry != 0 ? MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameOffset).ToArray()
            : Marshal.GetLastPInvokeError() is var errno and not 0 ? throw JailFailure.Of(errno, ".")
            : null;
    }

    private static string? Decode(byte[] bytes)
    {
        try
        {
            return _utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
