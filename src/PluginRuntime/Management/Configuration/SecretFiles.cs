using System.Text;
using PluginRuntime.Credentials;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Reads files that references lead to: regular files of UTF-8 text, at most 64 KiB.</summary>
internal static class SecretFiles
{
    private const int Largest = 64 * 1024;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">The file.</param>
    /// <param name="below">The directories one of which it has to lie below, wherever links lead; null for anywhere.</param>
    internal static ReferencedFile Read(string path, IReadOnlyList<string>? below)
    {
        try
        {
            var real = RealPath.Of(Path.GetFullPath(path));
            if (below is not null && !below.Any(directory => RealPath.IsBelow(RealPath.Of(directory), real)))
            {
                return new(null, null, IsOutside: true);
            }

            // Before it is opened: opening a pipe would wait for its writer.
            return FileStat.Read(real)?.Kind switch
            {
                null => new(null, "it is not there"),
                FileKind.File => Open(real, isBound: below is not null),
                _ => new(null, "it is no regular file"),
            };
        }
        catch (DecoderFallbackException)
        {
            return new(null, "it is no UTF-8 text");
        }
        catch (UnauthorizedAccessException)
        {
            return new(null, "it may not be read");
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or NotSupportedException)
        {
            return new(null, "reading failed");
        }
    }

    private static ReferencedFile Open(string real, bool isBound)
    {
        using var stream = new FileStream(real, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });

        // Meets a link that was put in the way after the look at the path: what was opened tells where it lies.
        if (isBound && OperatingSystem.IsLinux() && new FileInfo($"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}").LinkTarget != real)
        {
            return new(null, null, IsOutside: true);
        }

        var buffer = new byte[Largest + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (length > Largest)
        {
            return new(null, "it is larger than 64 KiB");
        }

        var text = _strict.GetString(buffer, 0, length);
        return new(text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text, null);
    }
}
