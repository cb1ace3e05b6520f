using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>The marks of all hosts that share a store, as they lie on the disk. All of it needs the store's lock.</summary>
internal sealed class UseMarks(StoreLayout layout, TimeProvider timeProvider)
{
    /// <summary>A host that was away for longer than this has no claim on what it needed: it installs that again when it comes back.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string Suffix = ".json";

    private static readonly TimeSpan s_renewal = TimeSpan.FromHours(1);

    /// <summary>The name of a host's mark: the same after each start, and another one for each data directory.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="dataDirectory">The full path of the host's data directory.</param>
    public static string NameOf(string machine, string dataDirectory)
    {
        var readable = string.Concat(machine.ToLowerInvariant().Take(64).Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        return $"{readable}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataDirectory)))[..12]}";
    }

    /// <summary>What a host's mark names; null when there is none that can be read.</summary>
    public IReadOnlySet<PackageIdentity>? Find_NeedsLock(string host)
    {
        try
        {
            return UseMark.Read(File.ReadAllBytes(PathOf(host)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Every mark that counts.</summary>
    public IReadOnlyList<HostUse> All_NeedsLock() =>
        [.. Hosts().Where(host => !IsForgotten(host)).Select(host => new HostUse(host, PathOf(host), Find_NeedsLock(host)))];

    public Task WriteAsync_NeedsLock(string host, IEnumerable<PackageIdentity> packages, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(PathOf(host), UseMark.ToUtf8(packages), Mode, cancellationToken);

    /// <summary>Shows that a host is still there.</summary>
    public void Renew_NeedsLock(string host)
    {
        var now = timeProvider.GetUtcNow();
        if (FileStat.Read(PathOf(host)) is { } stat && now - stat.ModifiedAt >= s_renewal) File.SetLastWriteTimeUtc(PathOf(host), now.UtcDateTime);
    }

    /// <summary>Removes the marks that count no more.</summary>
    /// <returns>Their paths.</returns>
    public IReadOnlyList<string> Forget_NeedsLock()
    {
        var forgotten = Hosts().Where(IsForgotten).Select(PathOf).ToList();
        forgotten.ForEach(File.Delete);
        return forgotten;
    }

    private bool IsForgotten(string host) => FileStat.Read(PathOf(host)) is { } stat && timeProvider.GetUtcNow() - stat.ModifiedAt > Lifetime;

    private IEnumerable<string> Hosts() => Directory.Exists(layout.Uses)
        ? Directory.GetFiles(layout.Uses, $"*{Suffix}").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)
        : [];

    private string PathOf(string host) => Path.Join(layout.Uses, host + Suffix);
}

/// <summary>What one host needs.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Path">Where its mark lies.</param>
/// <param name="Packages">Null when that cannot be read: then it may be any package.</param>
internal sealed record HostUse(string Host, string Path, IReadOnlySet<PackageIdentity>? Packages)
{
    public bool Names(PackageIdentity package) => Packages?.Contains(package) != false;
}
