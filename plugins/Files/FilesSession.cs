using Microsoft.Win32.SafeHandles;
using PluginRuntime.Connectors.Jail;

namespace PluginRuntime.Connectors.Files;

/// <summary>The open directory, and what can be done below it. It serves one call at a time.</summary>
public sealed class FilesSession : IDisposable
{
    private const int ChunkBytes = 1024 * 1024;

    private readonly int _maxBytes;

    internal FilesSession(JailDirectory directory, int maxBytes)
    {
        Directory = directory;
        _maxBytes = maxBytes;
    }

    internal JailDirectory Directory { get; }

    /// <summary>Closes the directory. What still works on it ends with an error.</summary>
    public void Dispose() => Directory.Dispose();

    internal ReadOutput Read(ReadInput input, CancellationToken cancellationToken)
    {
        var path = JailPath.Parse(input.Path);
        using var directory = Directory.OpenParent(path, create: false);
        using var file = directory.OpenFile(path.Name, path);
        var stat = FileStat.Of(file, path.Text);
        var rest = Math.Max(0, stat.Size - input.Offset);
        var length = Math.Min(input.Length ?? rest, rest);
        if (length > _maxBytes)
        {
            throw JailFailure.Input($"'{path.Text}' has {rest} bytes from there on, and a call may read {_maxBytes} (the setting 'maxBytes'): read it in parts, with 'offset' and 'length'.");
        }

        var bytes = new byte[length];
        var read = 0;
        try
        {
            while (read < bytes.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(file, bytes.AsSpan(read, Math.Min(ChunkBytes, bytes.Length - read)), input.Offset + read);
                if (count == 0)
                {
                    break; // Somebody cut it meanwhile.
                }

                read += count;
            }
        }
        catch (IOException exception)
        {
            throw JailFailure.Of(exception, path.Text);
        }

        return new(InlineContent.Encode(bytes.AsSpan(0, read), input.Encoding), read, stat.Size, stat.Modified, stat.Tag);
    }

    internal WriteOutput Write(WriteInput input, CancellationToken cancellationToken)
    {
        var path = JailPath.Parse(input.Path);
        var bytes = InlineContent.Decode(input.Content, input.Encoding, _maxBytes, "write the rest with the mode 'append', or raise the setting 'maxBytes'");
        var stat = input.Mode == WriteInput.AppendMode ? Append(input, path, bytes) : Place(input, path, bytes, cancellationToken);
        return new(stat.Size, stat.Modified, stat.Tag);
    }

    internal InfoOutput Info(InfoInput input)
    {
        var path = JailPath.ParseDirectory(input.Path);
        if (path.Names.Count == 0)
        {
            return InfoOutput.Of("", Directory.Stat());
        }

        using var directory = Directory.OpenParent(path, create: false);
        return InfoOutput.Of(path.Text, directory.Find(path.Name, path.Text) ?? throw JailFailure.NotFound(path.Text));
    }

    internal DeleteOutput Delete(DeleteInput input)
    {
        var path = JailPath.Parse(input.Path);
        try
        {
            using var directory = Directory.OpenParent(path, create: false);
            if (directory.Find(path.Name, path.Text) is not { } stat)
            {
                return new(false);
            }

            if (!stat.IsFile && !stat.IsDirectory)
            {
                throw stat.IsLink ? JailFailure.Link(path.Text) : JailFailure.NoFile(path.Text);
            }

            directory.Remove(path.Name, stat.IsDirectory, path);
            directory.Sync(path);
            return new(true);
        }
        catch (Sdk.ConnectorException failure) when (failure.Kind == Sdk.ConnectorErrorKind.NotFound)
        {
            // A directory on the way is missing, or another call was faster.
            return new(false);
        }
    }

    private FileStat Place(WriteInput input, JailPath path, byte[] bytes, CancellationToken cancellationToken)
    {
        var mustBeNew = input.Mode == WriteInput.CreateMode;
        using var file = TemporaryFile.Create(Directory, path, mustBeNew, input.CreateDirectories);
        WriteAll(file.Handle, bytes, path, isAppend: false, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return file.Commit(mustBeNew);
    }

    // Not cancelled on the way: that would leave a part.
    private FileStat Append(WriteInput input, JailPath path, byte[] bytes)
    {
        using var directory = Directory.OpenParent(path, input.CreateDirectories);
        using var file = directory.OpenAppend(path.Name, path);
        WriteAll(file, bytes, path, isAppend: true, CancellationToken.None);
        JailDirectory.Sync(file, path, wasSent: true);
        directory.Sync(path);
        return FileStat.Of(file, path.Text);
    }

    private static void WriteAll(SafeFileHandle file, byte[] bytes, JailPath path, bool isAppend, CancellationToken cancellationToken)
    {
        // One call for all of it where it is appended: so the contents of two calls do not mix.
        var chunk = isAppend ? Math.Max(1, bytes.Length) : ChunkBytes;
        try
        {
            for (var at = 0; at < bytes.Length; at += chunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RandomAccess.Write(file, bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at)), at);
            }
        }
        catch (IOException exception)
        {
            throw JailFailure.Of(exception, path.Text, wasSent: isAppend);
        }
    }
}
