using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Packages;

/// <summary>An installer over a real store and cache in a temporary directory.</summary>
internal sealed class InstallerUnderTest : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("installer-").FullName;

    private InstallerUnderTest(PackageOptions options, PackageStore store) =>
        (Store, Installer) = (store, Start(options, store, _root));

    internal PackageInstaller Installer { get; private set; }

    internal PackageStore Store { get; }

    internal string StoreDirectory { get; private init; } = "";

    internal static async Task<InstallerUnderTest> CreateAsync(PackageOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("store-").FullName;
        var store = await PackageStore.OpenAsync(directory, TimeProvider.System, NullLogger.Instance, null, CancellationToken.None);
        return new(options, store) { StoreDirectory = directory };
    }

    internal static Task<InstallerUnderTest> CreateAsync(string location, TimeSpan? budget = null)
    {
        var options = new PackageOptions { Budget = budget ?? TimeSpan.FromSeconds(60) };
        options.Sources.Add(new() { Name = "own", Location = location });
        return CreateAsync(options);
    }

    /// <summary>As after a restart, with the same store and cache.</summary>
    internal void Restart(PackageOptions options) => Installer = Start(options, Store, _root);

    /// <summary>Installs as an update does: lists, takes the version, installs it.</summary>
    internal async Task<StoredPackage> InstallAsync(string id, string version)
    {
        var offered = await Installer.ListAsync(id, CancellationToken.None);
        return await Installer.InstallAsync(id, offered.Single(offer => offer.Version.Equals(SemanticVersion.Parse(version))), null, CancellationToken.None);
    }

    internal Task<StoredPackage> InstallUnlistedAsync(string id, string version) =>
        Installer.InstallAsync(id, new(SemanticVersion.Parse(version), "own", null), null, CancellationToken.None);

    /// <summary>Every path below the store, with the bytes of files; not the lock, which a child of this process may hold for a moment.</summary>
    internal string Tree() => string.Join('\n', Directory.EnumerateFileSystemEntries(StoreDirectory, "*", SearchOption.AllDirectories)
        .Where(path => path != Path.Combine(StoreDirectory, "lock"))
        .Order(StringComparer.Ordinal)
        .Select(path => File.Exists(path) ? $"{path} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}" : path));

    internal bool IsStagingEmpty => Directory.GetFileSystemEntries(Path.Combine(StoreDirectory, "staging")).Length == 0
        && (!Directory.Exists(Path.Combine(_root, "cache", "assembling")) || Directory.GetFileSystemEntries(Path.Combine(_root, "cache", "assembling")).Length == 0);

    /// <summary>What was unpacked into the cache, finished or not.</summary>
    internal IReadOnlyList<string> Unpacked() =>
        [.. Directory.EnumerateFiles(Path.Combine(_root, "cache", "packages"), "*", SearchOption.AllDirectories),
         .. Directory.EnumerateFiles(Path.Combine(_root, "cache", "checking"))];

    private static PackageInstaller Start(PackageOptions options, PackageStore store, string root) =>
        new(options, [], store, Path.Combine(root, "cache"), new ArchiveLimits(), TimeProvider.System);

    public void Dispose()
    {
        Store.Dispose();
        Directory.Delete(_root, recursive: true);
        Directory.Delete(StoreDirectory, recursive: true);
    }
}
