using System.Security.Cryptography;

namespace PluginRuntime.Packages;

/// <summary>Replaces a file so that a reader, and the disk after a crash, has the old bytes or the new ones, never a mixture.</summary>
internal static class AtomicFile
{
    /// <summary>How the name of an unfinished write ends. It begins with a dot.</summary>
    public const string UnfinishedSuffix = ".unfinished";

    /// <summary>Writes a file next to its target, syncs it, renames it over the target, and syncs the directory.</summary>
    /// <param name="path">The target; its directory exists.</param>
    /// <param name="content">All of its bytes.</param>
    /// <param name="mode">Its permissions, whatever the process's mask is; without effect on Windows.</param>
    /// <param name="cancellationToken">Honoured until the rename.</param>
    /// <exception cref="IOException">The disk did not take it. The target is untouched, unless only the last sync failed: then it holds
    /// the new bytes, which a crash may take back.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var unfinished = Path.Combine(directory, $".{Path.GetFileName(path)}.{RandomNumberGenerator.GetHexString(8)}{UnfinishedSuffix}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
            var stream = new FileStream(unfinished, options);
            await using (stream.ConfigureAwait(false))
            {
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(stream.SafeFileHandle, mode);
                await stream.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                Posix.Sync(stream.SafeFileHandle, unfinished);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }

        Posix.SyncDirectory(directory);
    }
}
