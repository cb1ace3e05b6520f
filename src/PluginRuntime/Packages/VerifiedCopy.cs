using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>Reads files of a package and compares them with its manifest, byte by byte as they are copied: what is checked is what is
/// kept.</summary>
internal sealed class VerifiedCopy(PackageDirectory from, string source)
{
    private const int BufferSize = 128 * 1024;
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Copies a file, read-only and synced, or checks it where it lies.</summary>
    /// <param name="file">What the manifest says of it.</param>
    /// <param name="target">Where to; null to check only. Nothing may be there yet; a failure may leave a part.</param>
    /// <param name="cancellationToken">Stops between two blocks.</param>
    /// <exception cref="PackageRefusedException"><c>package.hash-mismatch</c>, <c>package.incomplete</c>, <c>package.link</c>,
    /// <c>package.unreadable</c>.</exception>
    /// <exception cref="IOException">The target could not be written.</exception>
    public async Task RunAsync(ManifestFile file, string? target, CancellationToken cancellationToken)
    {
        using var input = from.Open(file.Path);
        var before = FileStat.Read(input);
        using var output = target is null ? null : File.OpenHandle(target, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long length = 0;
            while (await ReadAsync(input, buffer, length, file.Path, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                if (length + count > file.Size) throw Incomplete(file, "more");
                hash.AppendData(buffer, 0, count);
                if (output is not null)
                {
                    await RandomAccess.WriteAsync(output, buffer.AsMemory(0, count), length, cancellationToken).ConfigureAwait(false);
                }

                length += count;
            }

            if (length != file.Size) throw Incomplete(file, "fewer");
            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
            {
                if (FileStat.Read(input) != before)
                {
                    throw new PackageRefusedException(source, PackageCodes.Incomplete, $"'{file.Path}' changed while it was read.");
                }

                throw new PackageRefusedException(source, PackageCodes.HashMismatch,
                    $"the bytes of '{file.Path}' are not those its manifest lists.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (output is null) return;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(output, ReadOnly);
        Posix.Sync(output, target!);
    }

    private async ValueTask<int> ReadAsync(SafeFileHandle input, byte[] buffer, long offset, string path,
        CancellationToken cancellationToken)
    {
        try
        {
            return await RandomAccess.ReadAsync(input, buffer.AsMemory(0, BufferSize), offset, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new PackageRefusedException(source, PackageCodes.Unreadable,
                $"'{path}' could not be read: {exception.Message}", exception);
        }
    }

    private PackageRefusedException Incomplete(ManifestFile file, string how) =>
        new(source, PackageCodes.Incomplete, $"'{file.Path}' has {how} bytes than the {file.Size} its manifest lists.");
}
