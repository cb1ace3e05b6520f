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
    private readonly SignatureCheck _signatures;
    private readonly Func<string, string, string?> _findKnown;
    private readonly string _directory;

    // What passed, by id and version: the source, and SHA-512 of the file.
    private readonly ConcurrentDictionary<(string, string), (string Source, string Sha512)> _passed = new();

    // What lay in the cache and is signed as it has to be, with the hash of its content.
    private readonly ConcurrentDictionary<((string, string), string), bool> _confirmed = new();

    /// <param name="directory">For packages that are looked at before anything is known of them; made when it is not there.</param>
    /// <param name="limits">What a package may be.</param>
    /// <param name="signatures">Who may have signed it.</param>
    /// <param name="findKnown">The hash that a package (id, version) had when it was first taken; null when it is new.</param>
    public ArchiveGuard(string directory, ArchiveLimits limits, SignatureCheck signatures, Func<string, string, string?> findKnown) =>
        (_directory, _limits, _signatures, _findKnown) = (directory, limits, signatures, findKnown);

    public SourceRepository Wrap(PackageSource source, SourceMap map)
    {
        var inner = Repository.Factory.GetCoreV3(source);
        return Repository.CreateSource([new Lazy<INuGetResourceProvider>(() => new Provider(this, inner, map)), .. Repository.Provider.GetCoreV3()], source);
    }

    /// <summary>Looks at a package that was not downloaded now but lay in the cache.</summary>
    /// <param name="file">The package's file there, which passed <see cref="ArchiveCheck"/> when it came.</param>
    /// <param name="identity">What it is.</param>
    /// <param name="contentHash">What the client says of its content: SHA-512, in Base64.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PackageRefusedException"><c>package.changed</c>, <c>package.signature</c>.</exception>
    public async Task ConfirmAsync(string file, PackageIdentity identity, string contentHash, CancellationToken cancellationToken)
    {
        var key = Key(identity);
        Compare(_passed.TryGetValue(key, out var passed) ? passed.Source : "cache", identity, contentHash);
        if (passed.Source is null && !_confirmed.ContainsKey((key, contentHash)))
        {
            await _signatures.CheckAsync(file, NameOf(identity), cancellationToken).ConfigureAwait(false);
            _confirmed.TryAdd((key, contentHash), true);
        }
    }

    private static (string, string) Key(PackageIdentity identity) =>
        (identity.Id.ToLowerInvariant(), identity.Version.ToNormalizedString().ToLowerInvariant());

    private static string NameOf(PackageIdentity identity) => $"{identity.Id} {identity.Version.ToNormalizedString()}";

    // Other bytes than those that were first taken under this id and version.
    private void Compare(string source, PackageIdentity identity, string contentHash)
    {
        if (_findKnown(identity.Id, identity.Version.ToNormalizedString()) is { } known && known != contentHash)
        {
            throw new PackageRefusedException(NameOf(identity), PackageCodes.Changed,
                $"source {source} has other bytes under this version than those that were taken first; a version is published once.");
        }
    }

    private async Task CheckAsync(string file, PackageIdentity identity, string source, CancellationToken cancellationToken)
    {
        if (_passed.TryGetValue(Key(identity), out var passed) && passed.Sha512 == HashOf(file))
        {
            return;
        }

        var facts = ArchiveCheck.Check(file, NameOf(identity), identity.Id, identity.Version.ToNormalizedString(), _limits, cancellationToken);
        await _signatures.CheckAsync(file, NameOf(identity), cancellationToken).ConfigureAwait(false);
        using var reader = new PackageArchiveReader(File.OpenRead(file));
        Compare(source, identity, reader.GetContentHash(cancellationToken, () => facts.Sha512));
        _passed[Key(identity)] = (source, facts.Sha512);
    }

    /// <summary>Looks at a package before anybody reads its dependencies: also that means to open it.</summary>
    private async Task CheckFirstAsync(SourceRepository repository, PackageIdentity identity, SourceCacheContext context, CancellationToken token)
    {
        if (_passed.ContainsKey(Key(identity)))
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
                isThere = await SourceDownload.CopyAsync(repository, identity, stream, context, token).ConfigureAwait(false);
            }

            if (isThere)
            {
                await CheckAsync(file, identity, repository.PackageSource.Name, token).ConfigureAwait(false);
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
            await guard.CheckFirstAsync(inner, new(id, version), cacheContext, token).ConfigureAwait(false);
            return await (await InnerAsync(token).ConfigureAwait(false)).GetDependencyInfoAsync(id, version, cacheContext, logger, token).ConfigureAwait(false);
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

            await guard.CheckAsync(destinationFilePath, identity, source, cancellationToken).ConfigureAwait(false);
            return true;
        }

        public Task<string> GetPackageHashAsync(string hashAlgorithm, CancellationToken cancellationToken) => inner.GetPackageHashAsync(hashAlgorithm, cancellationToken);

        public void SetExceptionHandler(Func<Exception, Task<bool>> handleExceptionAsync) => inner.SetExceptionHandler(handleExceptionAsync);

        public void SetThrottle(SemaphoreSlim? throttle) => inner.SetThrottle(throttle);

        public void Dispose() => inner.Dispose();
    }
}
