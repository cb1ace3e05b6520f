using System.Net;
using NuGet.Common;
using NuGet.Packaging.Core;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Gets the file of a package from a source, as it lies there.</summary>
/// <remarks>
/// The client's own download opens what it got, and reads its nuspec whatever that is. So a feed's file is asked for without it, but kept
/// where the client looks for it afterwards: nothing is downloaded twice.
/// </remarks>
internal static class SourceDownload
{
    private const int Attempts = 3;

    /// <returns>False where the source does not have it.</returns>
    public static async Task<bool> CopyAsync(
        SourceRepository repository, PackageIdentity identity, FileStream target, SourceCacheContext context, CancellationToken cancellationToken)
    {
        if (await AddressAsync(repository, identity, cancellationToken).ConfigureAwait(false) is not { } address)
        {
            var lookup = await repository.GetResourceAsync<FindPackageByIdResource>(cancellationToken).ConfigureAwait(false);
            return await lookup!.CopyNupkgToStreamAsync(identity.Id, identity.Version, target, context, NullLogger.Instance, cancellationToken).ConfigureAwait(false);
        }

        var source = (await repository.GetResourceAsync<HttpSourceResource>(cancellationToken).ConfigureAwait(false))!.HttpSource;
        var key = $"nupkg_{identity.Id.ToLowerInvariant()}.{identity.Version.ToNormalizedString()}";
        for (var attempt = 1; ; attempt++)
        {
            var request = new HttpSourceCachedRequest(address, key, HttpSourceCacheContext.Create(context, isFirstAttempt: attempt == 1))
            {
                IgnoreNotFounds = true,
                MaxTries = 1,
                IsRetry = attempt > 1,
                IsLastAttempt = attempt == Attempts,
            };
            try
            {
                return await source.GetAsync(request, result => CopyAsync(result, target, cancellationToken), NullLogger.Instance, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt < Attempts && IsWorthAnother(exception) && !cancellationToken.IsCancellationRequested)
            {
                target.SetLength(0);
            }
        }
    }

    private static async Task<bool> CopyAsync(HttpSourceResult result, FileStream target, CancellationToken cancellationToken)
    {
        if (result.Stream is null)
        {
            return false;
        }

        await result.Stream.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Null for a folder, and for a feed that does not say where its files lie.</summary>
    private static async Task<string?> AddressAsync(SourceRepository repository, PackageIdentity identity, CancellationToken cancellationToken)
    {
        var index = await repository.GetResourceAsync<ServiceIndexResourceV3>(cancellationToken).ConfigureAwait(false);
        if (index?.GetServiceEntryUris(ServiceTypes.PackageBaseAddress) is not [var root, ..])
        {
            return null;
        }

        var (id, version) = (identity.Id.ToLowerInvariant(), identity.Version.ToNormalizedString().ToLowerInvariant());
        return $"{root.AbsoluteUri.TrimEnd('/')}/{id}/{version}/{id}.{version}.nupkg";
    }

    private static bool IsWorthAnother(Exception exception) =>
        exception is IOException or TimeoutException or HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError };
}
