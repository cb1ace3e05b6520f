using System.Runtime.InteropServices;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Brings a version of a package from a source into the store. Thread-safe.</summary>
internal sealed class PackageInstaller
{
    private readonly NuGetClient _client;
    private readonly VersionListing _listing;
    private readonly SourceSearch _search;
    private readonly ClosureResolver _resolver;
    private readonly PackageStore _store;
    private readonly string _runtimeIdentifier = RuntimeInformation.RuntimeIdentifier;

    /// <param name="options">The sources and their rules.</param>
    /// <param name="folders">Further sources.</param>
    /// <param name="store">Where packages go.</param>
    /// <param name="cache">The directory for downloads; no other process uses it.</param>
    /// <param name="limits">What a package may be.</param>
    /// <param name="timeProvider">Measures budgets.</param>
    public PackageInstaller(PackageOptions options, IReadOnlyList<ArchiveFolder> folders, PackageStore store, string cache, ArchiveLimits limits, TimeProvider timeProvider)
    {
        var guard = new ArchiveGuard(Path.Join(cache, "checking"), limits, new(options.Signatures), store.FindKnown);
        _client = new(options, folders, cache, guard);
        _listing = new(_client, timeProvider);
        _search = new(_client, timeProvider);
        _resolver = new(_client, guard, _runtimeIdentifier, timeProvider);
        _store = store;

        // What an ended process left. Nobody else works here.
        if (Directory.Exists(Assembling))
        {
            Directory.Delete(Assembling, recursive: true);
        }
    }

    private string Assembling => Path.Join(_client.Cache, "assembling");

    /// <summary>Whether any source may be asked for an id.</summary>
    public bool Serves(string id) => _client.Map.For(id).Count > 0;

    /// <inheritdoc cref="VersionListing.ListAsync(string, CancellationToken)" />
    public Task<IReadOnlyList<FeedVersion>> ListAsync(string id, CancellationToken cancellationToken) => _listing.ListAsync(id, cancellationToken);

    /// <inheritdoc cref="SourceSearch.SearchAsync" />
    public Task<SourceOffers> SearchAsync(string text, CancellationToken cancellationToken) => _search.SearchAsync(text, cancellationToken);

    /// <summary>Installs one version; what is in the store already is found there.</summary>
    /// <param name="id">The package.</param>
    /// <param name="version">Which version, and from where.</param>
    /// <param name="locked">What the lock file says of it; null when it says nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LockException"><c>lock.drift</c>: the source gives other bytes than those that were chosen before.</exception>
    /// <exception cref="FeedException">A source failed.</exception>
    /// <exception cref="PackageRefusedException">The package, or one that it needs, was refused. The store is as it was.</exception>
    /// <exception cref="StoreException">The store refused it.</exception>
    public Task<StoredPackage> InstallAsync(string id, FeedVersion version, LockEntry? locked, CancellationToken cancellationToken) =>
        AssembleAsync(id, version, locked, candidate => _store.StageAsync(candidate, cancellationToken), cancellationToken);

    /// <summary>Does all that an installation does, but for putting the package into the store.</summary>
    /// <param name="id">The package.</param>
    /// <param name="version">Which version, and from where.</param>
    /// <param name="locked">What the lock file says of it; null when it says nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the package says of itself.</returns>
    /// <exception cref="PluginRuntimeException">As <see cref="InstallAsync"/>.</exception>
    public Task<ConnectorManifest> ReadAsync(string id, FeedVersion version, LockEntry? locked, CancellationToken cancellationToken) =>
        AssembleAsync(id, version, locked, candidate => Task.FromResult(candidate.Manifest), cancellationToken);

    private async Task<T> AssembleAsync<T>(
        string id, FeedVersion version, LockEntry? locked, Func<PackageCandidate, Task<T>> use, CancellationToken cancellationToken)
    {
        var closure = await _resolver.ResolveAsync(id, version.Version, locked?.Closure ?? [], cancellationToken).ConfigureAwait(false);
        var directory = Path.Join(Assembling, Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(directory);
            var candidate = await PackageAssembler.AssembleAsync(closure, version.Source, _runtimeIdentifier, directory, cancellationToken).ConfigureAwait(false);
            return locked?.Matches(candidate.Provenance!) == false
                ? throw new LockException("lock.drift", $"{id} {version.Version}: source {version.Source} gives other bytes, or another closure, than the lock file says.")
                : await use(candidate).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(directory, exception);
        }
        finally
        {
            TryDelete(directory);
        }
    }

    private static void TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start removes it; what was installed is installed.
        }
    }
}
