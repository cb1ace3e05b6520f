using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>The file that holds the seal key for its owner's eyes: 32 random bytes, in base64, on one line.</summary>
internal static class SealKeyFile
{
    /// <summary>The environment variable that may hold the key itself.</summary>
    internal const string TextVariable = "PLUGINRUNTIME_SEAL_KEY";

    private const int KeyBytes = SealKey.Bytes;
    private const int Longest = 128;
    private const string Accepted = "accepted are 32 random bytes in base64, as `openssl rand -base64 32` prints them";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the key.</summary>
    /// <exception cref="SealException">It cannot be read, is no key, or others may read or write the file.</exception>
    internal static SealKey Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != 0)
            {
                throw Invalid(path, "may be read or written by others; accepted is mode 0600");
            }

            var buffer = new byte[Longest];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            var text = Encoding.ASCII.GetString(buffer, 0, length).TrimEnd('\r', '\n');
            return Decode(text) is { } key ? new(key, path) : throw Invalid(path, $"holds no key; {Accepted}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, $"cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads the key out of a text.</summary>
    /// <exception cref="SealException">It is no key.</exception>
    internal static SealKey Parse(string text) =>
        Decode(text.Trim()) is { } key ? new(key, TextVariable) : throw new SealException("seal.key-invalid", $"{TextVariable} holds no key; {Accepted}.");

    /// <summary>Makes a key and writes it to a file that must not be there yet: whole and durable, or not at all.</summary>
    /// <exception cref="SealException">The file is there, or cannot be written.</exception>
    internal static SealKey Create(string path)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var unfinished = Path.Combine(directory, $".{Path.GetFileName(path)}.{RandomNumberGenerator.GetHexString(8)}{AtomicFile.UnfinishedSuffix}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Private;
            }

            using (var stream = new FileStream(unfinished, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
                Posix.Sync(stream.SafeFileHandle, unfinished);
            }

            File.Move(unfinished, path, overwrite: false);
            Posix.SyncDirectory(directory);
            return new(key, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(unfinished);
            throw Invalid(path, $"cannot be written: {exception.Message}");
        }
    }

    private static byte[]? Decode(string text)
    {
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(text, key, out var written) && written == KeyBytes ? key : null;
    }

    private static SealException Invalid(string path, string problem) => new("seal.key-invalid", $"The seal key file {path} {problem}.");
}
