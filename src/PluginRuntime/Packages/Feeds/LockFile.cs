using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Packages.Feeds;

/// <summary>What was chosen from sources: by connector id, then by the range that was asked for. Never changes.</summary>
/// <param name="LockVersion">1.</param>
/// <param name="Connectors">The choices.</param>
internal sealed record LockFile(int LockVersion, SortedDictionary<string, SortedDictionary<string, LockEntry>> Connectors)
{
    public const string Name = "connectors.lock.json";

    private const int CurrentVersion = 1;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static LockFile Empty { get; } = new(CurrentVersion, new(StringComparer.Ordinal));

    /// <summary>Makes one of choices; of two for one connector and range the last counts.</summary>
    public static LockFile Of(IEnumerable<(string Connector, string Range, LockEntry Entry)> choices)
    {
        var all = new SortedDictionary<string, SortedDictionary<string, LockEntry>>(StringComparer.Ordinal);
        foreach (var (connector, range, entry) in choices)
        {
            if (!all.TryGetValue(connector, out var ranges))
            {
                all[connector] = ranges = new(StringComparer.Ordinal);
            }

            ranges[range] = entry;
        }

        return new(CurrentVersion, all);
    }

    public LockEntry? Find(string connector, string range) => Connectors.GetValueOrDefault(connector)?.GetValueOrDefault(range);

    /// <summary>Whether a package is one of the choices, to the byte.</summary>
    public bool Has(string connector, string version, PackageProvenance provenance) =>
        Connectors.GetValueOrDefault(connector)?.Values.Any(entry => entry.Version == version && entry.Matches(provenance)) == true;

    /// <summary>Reads a file; empty when there is none.</summary>
    /// <exception cref="LockException"><c>lock.invalid</c>: it cannot be read, or is no lock file.</exception>
    public static LockFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LockFileJson.Default.LockFile) is { LockVersion: CurrentVersion, Connectors: not null } file
                ? file
                : throw new LockException("lock.invalid", $"{path} is no lock file of version {CurrentVersion}.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new LockException("lock.invalid", $"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Replaces a file, whole or not at all.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public Task WriteAsync(string path, CancellationToken cancellationToken) => AtomicFile.WriteAsync(path, ToUtf8(), Mode, cancellationToken);

    public byte[] ToUtf8() => [.. JsonSerializer.SerializeToUtf8Bytes(this, LockFileJson.Default.LockFile), (byte)'\n'];
}

/// <summary>One choice.</summary>
/// <param name="Version">The version that runs.</param>
/// <param name="Source">The source that it came from.</param>
/// <param name="Sha512">SHA-512 of the package file, in Base64.</param>
/// <param name="Closure">What it needs, by id.</param>
internal sealed record LockEntry(string Version, string Source, string Sha512, IReadOnlyList<ClosurePackage> Closure)
{
    /// <summary>Whether these are the same bytes, wherever they came from.</summary>
    public bool Matches(PackageProvenance provenance) => Sha512 == provenance.Sha512 && Closure.SequenceEqual(provenance.Closure);
}

/// <summary>The lock file's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LockFile))]
internal sealed partial class LockFileJson : JsonSerializerContext;
