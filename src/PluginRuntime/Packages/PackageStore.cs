using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>The host's own directory of installed packages: immutable, content-addressed, verified. Thread-safe; several hosts of one
/// platform may share it.</summary>
/// <remarks>
/// A package is written to a staging directory, synced, renamed to <c>packages/&lt;id&gt;/&lt;version&gt;-&lt;hash16&gt;/</c>, and visible
/// from
/// the moment its record lies in <c>records/</c>. A crash leaves it as it was before or after.
/// </remarks>
internal sealed partial class PackageStore : IDisposable
{
    private readonly StoreLayout _layout;
    private readonly StoreLock _lock;
    private readonly KnownHashes _known;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly string _runtimeIdentifier;

    private readonly ConcurrentDictionary<string, ConnectorManifest> _manifests = new(StringComparer.Ordinal);

    // A directory that was verified by this process, as it was then: another host may remove it and stage it anew.
    private readonly ConcurrentDictionary<PackageIdentity, FileStat?> _verified = new();

    private PackageStore(string root, TimeProvider timeProvider, ILogger logger, string? runtimeIdentifier)
    {
        (_layout, _timeProvider, _logger) = (new(root), timeProvider, logger);
        _lock = new(_layout.Lock, timeProvider);
        _known = new(_layout);
        _uses = new(_layout, timeProvider);
        _runtimeIdentifier = runtimeIdentifier ?? RuntimeInformation.RuntimeIdentifier;
    }

    /// <summary>Opens a store, made if it is not there, and removes what a crash left in it.</summary>
    /// <param name="root">Its directory; everything in it belongs to the store.</param>
    /// <param name="timeProvider">Paces the wait for another host.</param>
    /// <param name="logger">Told what changes.</param>
    /// <param name="runtimeIdentifier">The platform whose files are taken; null for this one.</param>
    /// <param name="cancellationToken">Stops waiting for another host.</param>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public static async Task<PackageStore> OpenAsync(
        string root, TimeProvider timeProvider, ILogger logger, string? runtimeIdentifier, CancellationToken cancellationToken)
    {
        var store = new PackageStore(root, timeProvider, logger, runtimeIdentifier);
        try
        {
            await store.CollectAsync(cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch (Exception exception)
        {
            store.Dispose();
            if (exception is IOException or UnauthorizedAccessException) throw StoreException.Failed(store._layout.Root, exception);
            throw;
        }
    }

    /// <summary>A store that is there, to read in it: nothing is made and nothing is removed.</summary>
    /// <param name="root">Its directory.</param>
    /// <param name="timeProvider">Not used by reading.</param>
    /// <param name="logger">Told what cannot be read.</param>
    public static PackageStore OpenReadOnly(string root, TimeProvider timeProvider, ILogger logger) => new(root, timeProvider, logger, null);

    /// <summary>Takes a package in, or finds it already there; either way its bytes were verified by this process.</summary>
    /// <exception cref="PackageRefusedException">It is not what its manifest says: <c>package.hash-mismatch</c>,
    /// <c>package.incomplete</c>, <c>package.link</c>, <c>package.unreadable</c>, <c>package.manifest-only</c>. Nothing of it is
    /// kept.</exception>
    /// <exception cref="StoreException"><c>store.failed</c>: the disk is full or refuses; nothing of it is kept. <c>store.corrupt</c>: the
    /// candidate itself lies in the store and was changed.</exception>
    public async Task<StoredPackage> StageAsync(PackageCandidate candidate, CancellationToken cancellationToken)
    {
        if (candidate.Manifest.Runtime is null)
        {
            throw new PackageRefusedException(candidate.Source, PackageCodes.ManifestOnly, "its manifest has no 'runtime'.");
        }

        if (TryGet(candidate.Identity) is { } stored)
        {
            try
            {
                await VerifyAsync(stored, cancellationToken).ConfigureAwait(false);
                return stored;
            }
            catch (StoreException exception) when (exception.Code == PackageCodes.StoreCorrupt && candidate.Origin != PackageOrigin.Store)
            {
                _logger.Replacing(candidate.Identity.ToString(), exception.Message);
            }
        }

        try
        {
            return await TakeAsync(candidate, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    /// <summary>Reads a stored package again, once in the life of this process; to be called before it is loaded.</summary>
    /// <exception cref="StoreException"><c>store.corrupt</c>: a file is missing, was changed or added.</exception>
    public async Task VerifyAsync(StoredPackage package, CancellationToken cancellationToken)
    {
        try
        {
            var stat = FileStat.Read(package.Directory);
            if (stat is not null && _verified.TryGetValue(package.Identity, out var verified) && verified == stat) return;
            var transfer = Transfer(package.Identity, package.Manifest, package.Directory);
            await transfer.CheckAsync(package.Directory, cancellationToken).ConfigureAwait(false);
            _verified[package.Identity] = stat;
        }
        catch (PackageRefusedException refused)
        {
            throw StoreException.Corrupt(package, refused.Detail);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StoreException.Corrupt(package, "it was removed while it was read.");   // by another host
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    /// <summary>Every package, by id, then lowest version first. Their files are not verified: see <see cref="VerifyAsync"/>.</summary>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public IReadOnlyList<StoredPackage> List()
    {
        try
        {
            return [.. Directory.GetDirectories(_layout.Records)
                .SelectMany(RecordsIn)
                .Select(ReadStored)
                .OfType<StoredPackage>()
                .OrderBy(package => package.Identity.Id, StringComparer.Ordinal)
                .ThenBy(package => package.Identity.Version)
                .ThenBy(package => package.Identity.Hash, StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    /// <summary>A package; null when the store does not have it. Its files are not verified: see <see cref="VerifyAsync"/>.</summary>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public StoredPackage? TryGet(PackageIdentity identity)
    {
        try
        {
            return ReadStored(_layout.RecordOf(identity)) is { } stored && stored.Identity == identity ? stored : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    /// <summary>The SHA-512, in Base64, that a package had when it was first taken from a source; null when it never was.</summary>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public string? FindKnown(string id, string version)
    {
        try
        {
            return _known.Find(id, version);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    /// <summary>Removes a package; no effect when it is not there.</summary>
    /// <exception cref="PackageInUseException">This host, or one that shares the store, needs it.</exception>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public Task RemoveAsync(PackageIdentity identity, CancellationToken cancellationToken) => LockedAsync(
        async () =>
        {
            if (!HasRecord(identity)) return false;
            await RefuseNeeded_NeedsLock(identity, cancellationToken).ConfigureAwait(false);
            _verified.TryRemove(identity, out _);
            Withdraw_NeedsLock(identity);
            _logger.Removed(identity.ToString());
            return true;
        },
        cancellationToken);

    public void Dispose() => _lock.Dispose();

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_layout.Root);
        using var held = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        foreach (var directory in (string[])[_layout.Staging, _layout.Packages, _layout.Records]) StoreDirectory.Ensure(directory);
        Posix.SyncDirectory(Path.GetDirectoryName(_layout.Root) ?? _layout.Root);
        StoreCollector.Collect_NeedsLock(_layout, _logger);
    }

    private async Task<StoredPackage> TakeAsync(PackageCandidate candidate, CancellationToken cancellationToken)
    {
        StagingArea staging;
        using (await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            staging = StagingArea.Create_NeedsLock(_layout.Staging, _logger);
        }

        // Copying takes long and meets nobody: the lock is free meanwhile.
        using (staging)
        {
            await Transfer(candidate.Identity, candidate.Manifest, candidate.Source)
                .CopyAsync(candidate.Directory, staging.Path, cancellationToken).ConfigureAwait(false);
            using var held = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
            return await CommitAsync_NeedsLock(candidate, staging, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<StoredPackage> CommitAsync_NeedsLock(PackageCandidate candidate, StagingArea staging,
        CancellationToken cancellationToken)
    {
        var identity = candidate.Identity;
        if (ReadStored(_layout.RecordOf(identity)) is { } holder && holder.Identity != identity)
        {
            throw new PackageRefusedException(candidate.Source, PackageCodes.Duplicate,
                $"its hash begins like that of {holder.Identity}, which is stored.");
        }

        if (candidate.Provenance is { } provenance)
        {
            await _known.AddAsync_NeedsLock(candidate, provenance, cancellationToken).ConfigureAwait(false);
        }

        // Another host, or another task, may have been faster.
        var other = TryGet(identity);
        if (other is not null && await IsIntactAsync(other, cancellationToken).ConfigureAwait(false)) return other;
        Withdraw_NeedsLock(identity);

        var directory = _layout.PackageOf(identity);
        var record = _layout.RecordOf(identity);
        try
        {
            StoreDirectory.Ensure(Path.GetDirectoryName(directory)!);
            StoreDirectory.Ensure(Path.GetDirectoryName(record)!);
            StoreDirectory.Move(staging.Path, directory);
            const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            var bytes = StoreRecord.Of(candidate).ToUtf8();
            await AtomicFile.WriteAsync(record, bytes, Mode, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Undo_NeedsLock(identity);
            throw;
        }

        _manifests[identity.Hash] = candidate.Manifest;
        _verified[identity] = FileStat.Read(directory);
        _logger.Stored(identity.ToString(), directory);
        return new(identity, candidate.Manifest, directory, candidate.Origin) { Provenance = candidate.Provenance };
    }

    // The record goes first: whoever looks between the two steps, or after a crash, finds no package.
    private void Withdraw_NeedsLock(PackageIdentity identity)
    {
        var (directory, record) = (_layout.PackageOf(identity), _layout.RecordOf(identity));
        if (File.Exists(record))
        {
            File.Delete(record);
            Posix.SyncDirectory(Path.GetDirectoryName(record)!);
        }

        if (Directory.Exists(directory))
        {
            var trash = Path.Join(_layout.Staging, Guid.NewGuid().ToString("N"));
            StoreDirectory.Move(directory, trash);
            StagingArea.Discard(trash, _logger);
        }

        StoreDirectory.RemoveIfEmpty(Path.GetDirectoryName(directory)!);
        StoreDirectory.RemoveIfEmpty(Path.GetDirectoryName(record)!);
    }

    // A failed commit leaves no trace; what cannot be removed now has no record and is removed at the next open.
    private void Undo_NeedsLock(PackageIdentity identity)
    {
        try
        {
            Withdraw_NeedsLock(identity);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.CleanupFailed(_layout.PackageOf(identity), exception);
        }
    }

    private async Task<bool> IsIntactAsync(StoredPackage package, CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(package, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StoreException exception) when (exception.Code == PackageCodes.StoreCorrupt)
        {
            return false;
        }
    }

    // Another host may have removed the last package of an id since the directories were listed. The store itself has to be there.
    private string[] RecordsIn(string directory)
    {
        try
        {
            return Directory.GetFiles(directory, "*.json");
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(_layout.Records))
        {
            return [];
        }
    }

    private StoredPackage? ReadStored(string recordPath)
    {
        try
        {
            if (StoreRecord.Read(recordPath, File.ReadAllBytes(recordPath)) is not { } record) return null;
            var directory = Path.Join(_layout.Packages, record.Id, Path.GetFileNameWithoutExtension(recordPath));
            if (!_manifests.TryGetValue(record.Hash, out var manifest))
            {
                var bytes = ManifestCache.ReadBytes(directory, directory);
                if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != record.Hash || ManifestReader.Read(bytes).Manifest is not { } read
                    || read.Id != record.Id || read.Version.ToString() != record.Version)
                {
                    _logger.RecordUnusable(recordPath, $"{PackageInspector.ManifestName} is not the one that was stored.");
                    return null;
                }

                manifest = _manifests.GetOrAdd(record.Hash, read);
            }

            return new(new(manifest.Id, manifest.Version, record.Hash), manifest, directory, record.Origin) { Provenance = record.Provenance };
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;   // removed by another host between the two reads
        }
        catch (PackageRefusedException refused)
        {
            _logger.RecordUnusable(recordPath, refused.Detail);
            return null;
        }
    }

    private PackageTransfer Transfer(PackageIdentity identity, ConnectorManifest manifest, string source) =>
        new(identity, manifest, source, _runtimeIdentifier);
}
