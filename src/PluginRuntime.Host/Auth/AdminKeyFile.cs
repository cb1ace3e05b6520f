using System.Text;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Auth;

/// <summary>The file that holds an admin key for its owner's eyes.</summary>
internal static class AdminKeyFile
{
    private const int Longest = 4096;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Writes a key to a file that must not be there yet.</summary>
    /// <exception cref="IOException">It is there, or cannot be written.</exception>
    internal static void Create(string path, string key)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        using (var stream = new FileStream(path, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(key + "\n"));
            Posix.Sync(stream.SafeFileHandle, path);
        }

        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes a key to a file, whatever was there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static Task ReplaceAsync(string path, string key, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(path, Encoding.ASCII.GetBytes(key + "\n"), Private, cancellationToken);

    /// <summary>Reads a key; a file that others may read or write is refused.</summary>
    /// <returns>The key; or null and a sentence that says why not.</returns>
    internal static (string? Key, string? Problem) Read(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read };
            using var stream = new FileStream(path, options);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != 0)
            {
                return (null, $"The admin key file {path} may be read or written by others; accepted is mode 0600.");
            }

            if (stream.Length > Longest)
            {
                return (null, $"The admin key file {path} holds more than {Longest} bytes.");
            }

            using var reader = new StreamReader(stream, Encoding.UTF8);
            var key = reader.ReadToEnd().TrimEnd('\r', '\n');
            return KeyText.Check(key) is { } wrong ? (null, $"The admin key file {path} holds no key: {wrong}.") : (key, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return (null, $"The admin key file {path} cannot be read: {exception.Message}");
        }
    }
}
