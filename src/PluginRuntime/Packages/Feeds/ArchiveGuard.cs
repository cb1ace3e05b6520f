using System.Collections.Concurrent;
using System.Security.Cryptography;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using NuGet.Packaging.Signing;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Packages.Feeds;

/// <summary>
/// Stands between NuGet's restore and each source: a source is not asked for ids that it does not serve, and no package is unpacked
/// before <see cref="ArchiveCheck"/> has passed it.
/// </summary>
/// <remarks>A resource provider that is asked first is the one public place where restore shows a file before it unpacks it.</remarks>
internal sealed class ArchiveGuard
{
    private readonly ArchiveLimits _limits;
    private readonly Func<string, string, string?> _findKnown;
    private readonly string _directory;

    // What passed, by id and version: the source, and SHA-512 of the file.
    private readonly ConcurrentDictionary<(string, string), (string Source, string Sha512)> _passed = new();

    /// <param name="directory">For packages that are looked at before anything is known of them; made when it is not there.</param>
    /// <param name="limits">What a package may be.</param>
    /// <param name="findKnown">The hash that a package (id, version) had when it was first taken; null when it is new.</param>
    public ArchiveGuard(string directory, ArchiveLimits limits, Func<string, string, string?> findKnown) =>
        (_directory, _limits, _findKnown) = (directory, limits, findKnown);

    /// <summary>Which source a package was downloaded from by this process; null when it was not.</summary>
    public string? SourceOf(string id, string version) => _passed.TryGetValue(Key(id, version), out var passed) ? passed.Source : null;

    public SourceRepository Wrap(PackageSource source, SourceMap map)
    {
        var inner = Repository.Factory.GetCoreV3(source);
        return Repository.CreateSource([new Lazy<INuGetResourceProvider>(() => new Provider(this, inner, map)), .. Repository.Provider.GetCoreV3()], source);
    }

    /// <summary>Refuses a package that has other bytes than the one that was first taken under its id and version.</summary>
    /// <exception cref="PackageRefusedException"><c>package.changed</c>.</exception>
    public void Compare(string source, string id, string version, string sha512)
    {
        if (_findKnown(id, version) is { } known && known != sha512)
        {
            throw new PackageRefusedException($"{id} {version}", PackageCodes.Changed,
                $"source {source} has other bytes under this version than those that were taken first; a version is published once.");
        }
    }

    private static (string, string) Key(string id, string version) => (id.ToLowerInvariant(), version.ToLowerInvariant());

    private void Check(string file, PackageIdentity identity, string source, CancellationToken cancellationToken)
    {
        var version = identity.Version.ToNormalizedString();
        if (_passed.TryGetValue(Key(identity.Id, version), out var passed) && passed.Sha512 == HashOf(file))
        {
            return;
        }

        var facts = ArchiveCheck.Check(file, $"{identity.Id} {version}", identity.Id, version, _limits, cancellationToken);
        using var reader = new PackageArchiveReader(File.OpenRead(file));
        Compare(source, identity.Id, version, reader.GetContentHash(cancellationToken, () => facts.Sha512));
        _passed[Key(identity.Id, version)] = (source, facts.Sha512);
    }

    /// <summary>Looks at a package before anybody reads its dependencies: also that means to open it.</summary>
    private async Task CheckFirstAsync(
        FindPackageByIdResource inner, PackageIdentity identity, string source, SourceCacheContext context, ILogger logger, CancellationToken token)
    {
        if (_passed.ContainsKey(Key(identity.Id, identity.Version.ToNormalizedString())))
        {
            return;
        }

        Directory.CreateDirectory(_directory);
        var file = Path.Join(_directory, Guid.NewGuid().ToString("N"));
        try
        {
            bool isThere;
            using (var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write))
            {
                isThere = await inner.CopyNupkgToStreamAsync(identity.Id, identity.Version, stream, context, logger, token).ConfigureAwait(false);
            }

            if (isThere)
            {
                Check(file, identity, source, token);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToBase64String(SHA512.HashData(stream));
    }

    private sealed class Provider(ArchiveGuard guard, SourceRepository inner, SourceMap map)
        : ResourceProvider(typeof(FindPackageByIdResource), nameof(ArchiveGuard), NuGetResourceProviderPositions.First)
    {
        public override async Task<Tuple<bool, INuGetResource?>> TryCreate(SourceRepository source, CancellationToken token) =>
            new(true, new Lookup(guard, inner, map));
    }

    /// <summary>A source is first spoken to when it is asked for an id that it serves.</summary>
    private sealed class Lookup(ArchiveGuard guard, SourceRepository inner, SourceMap map) : FindPackageByIdResource
    {
        private bool Serves(string id) => map.For(id).Contains(inner.PackageSource.Name, StringComparer.OrdinalIgnoreCase);

        private Task<FindPackageByIdResource> InnerAsync(CancellationToken token) => inner.GetResourceAsync<FindPackageByIdResource>(token)!;

        public override async Task<IEnumerable<NuGetVersion>> GetAllVersionsAsync(string id, SourceCacheContext cacheContext, ILogger logger, CancellationToken token) =>
            Serves(id) ? await (await InnerAsync(token).ConfigureAwait(false)).GetAllVersionsAsync(id, cacheContext, logger, token).ConfigureAwait(false) : [];

        public override async Task<FindPackageByIdDependencyInfo?> GetDependencyInfoAsync(
            string id, NuGetVersion version, SourceCacheContext cacheContext, ILogger logger, CancellationToken token) =>
            Serves(id) ? await CheckedAsync(id, version, cacheContext, logger, token).ConfigureAwait(false) : null;

        private async Task<FindPackageByIdDependencyInfo?> CheckedAsync(
            string id, NuGetVersion version, SourceCacheContext cacheContext, ILogger logger, CancellationToken token)
        {
            var resource = await InnerAsync(token).ConfigureAwait(false);
            await guard.CheckFirstAsync(resource, new(id, version), inner.PackageSource.Name, cacheContext, logger, token).ConfigureAwait(false);
            return await resource.GetDependencyInfoAsync(id, version, cacheContext, logger, token).ConfigureAwait(false);
        }

        public override async Task<bool> CopyNupkgToStreamAsync(
            string id, NuGetVersion version, Stream destination, SourceCacheContext cacheContext, ILogger logger, CancellationToken token) =>
            Serves(id) && await (await InnerAsync(token).ConfigureAwait(false)).CopyNupkgToStreamAsync(id, version, destination, cacheContext, logger, token).ConfigureAwait(false);

        public override async Task<bool> DoesPackageExistAsync(string id, NuGetVersion version, SourceCacheContext cacheContext, ILogger logger, CancellationToken token) =>
            Serves(id) && await (await InnerAsync(token).ConfigureAwait(false)).DoesPackageExistAsync(id, version, cacheContext, logger, token).ConfigureAwait(false);

        public override async Task<IPackageDownloader?> GetPackageDownloaderAsync(
            PackageIdentity packageIdentity, SourceCacheContext cacheContext, ILogger logger, CancellationToken token) =>
            Serves(packageIdentity.Id)
            && await (await InnerAsync(token).ConfigureAwait(false)).GetPackageDownloaderAsync(packageIdentity, cacheContext, logger, token).ConfigureAwait(false) is { } downloader
                ? new Downloader(guard, downloader, packageIdentity, inner.PackageSource.Name)
                : null;
    }

    private sealed class Downloader(ArchiveGuard guard, IPackageDownloader inner, PackageIdentity identity, string source) : IPackageDownloader
    {
        public IAsyncPackageContentReader ContentReader => inner.ContentReader;

        public IAsyncPackageCoreReader CoreReader => inner.CoreReader;

        public ISignedPackageReader SignedPackageReader => inner.SignedPackageReader;

        public string Source => inner.Source;

        public async Task<bool> CopyNupkgFileToAsync(string destinationFilePath, CancellationToken cancellationToken)
        {
            if (!await inner.CopyNupkgFileToAsync(destinationFilePath, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            guard.Check(destinationFilePath, identity, source, cancellationToken);
            return true;
        }

        public Task<string> GetPackageHashAsync(string hashAlgorithm, CancellationToken cancellationToken) => inner.GetPackageHashAsync(hashAlgorithm, cancellationToken);

        public void SetExceptionHandler(Func<Exception, Task<bool>> handleExceptionAsync) => inner.SetExceptionHandler(handleExceptionAsync);

        public void SetThrottle(SemaphoreSlim? throttle) => inner.SetThrottle(throttle);

        public void Dispose() => inner.Dispose();
    }
}
