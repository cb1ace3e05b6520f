using System.Collections.Concurrent;
using System.Security.Cryptography;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>A manifest that was read.</summary>
/// <param name="Stat">The file just before; null when it was so young then that its stamps prove nothing.</param>
/// <param name="Hash">SHA-256 of its bytes, lower-case hexadecimal.</param>
/// <param name="Result">The manifest, or what is wrong with it.</param>
internal sealed record ReadManifest(FileStat? Stat, string Hash, ManifestResult Result);

/// <summary>Reads manifests once: again only when the file's stamps differ, and parses again only when its bytes do. Several
/// packages at a time, each by one.</summary>
internal sealed class ManifestCache(TimeProvider timeProvider)
{
    /// <summary>The largest manifest that is read, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, ReadManifest> _known = new(StringComparer.Ordinal);

    private int _parsed;

    /// <summary>How many manifests were parsed.</summary>
    public int Parsed => Volatile.Read(ref _parsed);

    /// <summary>The manifest of a package.</summary>
    /// <exception cref="PackageRefusedException">It could not be read, or a link lies in the way.</exception>
    public ReadManifest Read(string directory, string source, FileStat stat)
    {
        var known = _known.GetValueOrDefault(directory);
        if (known is not null && known.Stat == stat) return known;
        var isYoung = stat.IsYoung(timeProvider.GetUtcNow());
        var bytes = ReadBytes(directory, source);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (known?.Hash != hash) Interlocked.Increment(ref _parsed);
        return _known[directory] = new(isYoung ? null : stat, hash, known?.Hash == hash ? known.Result : ManifestReader.Read(bytes));
    }

    /// <summary>Forgets every directory that is not named.</summary>
    public void Keep(IReadOnlySet<string> directories)
    {
        foreach (var gone in _known.Keys.Where(directory => !directories.Contains(directory)).ToList()) _known.TryRemove(gone, out _);
    }

    /// <summary>All bytes of a package's manifest.</summary>
    public static byte[] ReadBytes(string directory, string source)
    {
        try
        {
            using var package = new PackageDirectory(directory, source);
            using var handle = package.Open(PackageInspector.ManifestName);
            var length = RandomAccess.GetLength(handle);
            if (length > MaxBytes)
            {
                throw new PackageRefusedException(source, PackageCodes.ManifestInvalid,
                    $"{PackageInspector.ManifestName} has {length} bytes; at most {MaxBytes} are read.");
            }

            var bytes = new byte[length];
            var read = 0;
            while (read < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(read), read) is > 0 and var count) read += count;
            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PackageRefusedException(source, PackageCodes.Unreadable,
                $"{PackageInspector.ManifestName} could not be read: {exception.Message}", exception);
        }
    }
}
