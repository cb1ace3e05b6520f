using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Packages.Archives;

/// <summary>The one open handle of a package file, and the refusals that name it.</summary>
internal sealed class ArchiveFile : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly string _source;

    /// <summary>Opens the file.</summary>
    /// <exception cref="PackageRefusedException"><c>package.link</c> for anything that is no regular file,
    /// <c>package.unreadable</c>.</exception>
    public ArchiveFile(string path, string source)
    {
        _source = source;
        try
        {
            // Looked at first: opening a pipe would wait for its other end.
            if (FileStat.Read(path) is { Kind: not FileKind.File }) throw Refuse(PackageCodes.Link, "It is no regular file.");
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(exception);
        }
    }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    /// <summary>Fills the buffer from an offset.</summary>
    /// <exception cref="PackageRefusedException"><c>package.archive</c> when the file ends before that;
    /// <c>package.unreadable</c>.</exception>
    public void ReadExactly(long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = Read(offset, buffer);
            if (count == 0) throw Refuse(PackageCodes.BadArchive, "A header points behind the end of the file.");
            offset += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Reads some bytes from an offset; 0 at the file's end.</summary>
    /// <exception cref="PackageRefusedException"><c>package.unreadable</c>.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(_handle, buffer, offset);
        }
        catch (IOException exception)
        {
            throw Unreadable(exception);
        }
    }

    /// <summary>SHA-512 of the whole file, in Base64.</summary>
    public string Hash(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        var buffer = new byte[BufferSize];
        for (long offset = 0; Read(offset, buffer) is > 0 and var count; offset += count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    /// <param name="code">One of <see cref="PackageCodes"/>.</param>
    /// <param name="detail">A sentence; it may quote the package.</param>
    /// <param name="cause">One that says nothing which comes out of the package.</param>
    public PackageRefusedException Refuse(string code, string detail, Exception? cause = null) =>
        new(_source, code, EntryName.Clean(detail), cause);

    public void Dispose() => _handle.Dispose();

    private PackageRefusedException Unreadable(Exception cause) =>
        Refuse(PackageCodes.Unreadable, $"It could not be read: {cause.Message}", cause);
}
