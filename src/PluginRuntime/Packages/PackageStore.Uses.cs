using System.Collections.Immutable;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <content>Who needs what: hosts that share a store tell each other by a file each, their mark; and what nobody needs goes.</content>
internal sealed partial class PackageStore
{
    private readonly UseMarks _uses;

    // Set once, before anything is claimed.
    private HostMark? _mark;

    private HostMark Mark => _mark ?? throw new InvalidOperationException("The host has not joined the store.");

    /// <summary>Makes this process one of the hosts that use the store. What its mark named before a restart stands.</summary>
    /// <param name="host">The mark's name: see <see cref="UseMarks.NameOf"/>.</param>
    /// <param name="needed">What its instances need, and what it has loaded. Called from any thread.</param>
    /// <param name="cancellationToken">Stops waiting for another host.</param>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public Task JoinAsync(string host, Func<IEnumerable<PackageIdentity>> needed, CancellationToken cancellationToken) => LockedAsync(
        () =>
        {
            StoreDirectory.Ensure(_layout.Uses);
            _uses.Renew_NeedsLock(host);
            _mark = new(host, needed);
            _mark.Settle_NeedsLock([.. (_uses.Find_NeedsLock(host) ?? ImmutableHashSet<PackageIdentity>.Empty).Where(HasRecord)]);
            return Task.FromResult(true);
        },
        cancellationToken);

    /// <summary>Keeps a package from being removed, by anybody, until the answer is disposed; from then on it is kept as long as it is
    /// needed. To be called before it is read and loaded.</summary>
    /// <returns>Null when the store does not have it.</returns>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public async Task<IDisposable?> ClaimAsync(PackageIdentity package, CancellationToken cancellationToken)
    {
        var claim = new Claimed(Mark, package);
        var isTaken = false;
        try
        {
            isTaken = Mark.Claim(package) || await LockedAsync(
                async () =>
                {
                    if (TryGet(package) is null) return false;
                    await WriteMarkAsync_NeedsLock((before, needed) => before.Union(needed), cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            return isTaken ? claim : null;
        }
        finally
        {
            if (!isTaken) claim.Dispose();
        }
    }

    /// <summary>Brings the mark to what is needed now, and removes what no mark names: but not the highest version of an id, and not what
    /// was needed, or stored, lately.</summary>
    /// <param name="keepUnused">How long that is; null removes nothing.</param>
    /// <param name="expected">What is not needed now, but may well be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was removed, and since when nobody needed it.</returns>
    /// <exception cref="StoreException"><c>store.failed</c>.</exception>
    public Task<IReadOnlyList<(PackageIdentity Package, DateTimeOffset Since)>> CollectAsync(
        TimeSpan? keepUnused, IReadOnlyList<PackageIdentity> expected, CancellationToken cancellationToken) => LockedAsync<IReadOnlyList<(PackageIdentity, DateTimeOffset)>>(
        async () =>
        {
            await WriteMarkAsync_NeedsLock((_, needed) => needed.Union(expected), cancellationToken).ConfigureAwait(false);
            _uses.Renew_NeedsLock(Mark.Host);
            return keepUnused is { } time ? Collect_NeedsLock(time) : [];
        },
        cancellationToken);

    /// <summary>Says that somebody wants a package that nobody needs yet: it counts as just stored.</summary>
    public Task RenewAsync(PackageIdentity package, CancellationToken cancellationToken) => LockedAsync(
        () =>
        {
            Renew_NeedsLock(package);
            return Task.FromResult(true);
        },
        cancellationToken);

    private List<(PackageIdentity Package, DateTimeOffset Since)> Collect_NeedsLock(TimeSpan keepUnused)
    {
        foreach (var path in _uses.Forget_NeedsLock()) _logger.MarkForgotten(path, UseMarks.Lifetime.Days);
        var uses = _uses.All_NeedsLock();
        if (uses.FirstOrDefault(use => use.Packages is null) is { } unreadable)
        {
            _logger.MarkUnreadable(unreadable.Path, UseMarks.Lifetime.Days);
            return [];
        }

        var now = _timeProvider.GetUtcNow();
        var removed = new List<(PackageIdentity, DateTimeOffset)>();
        foreach (var (package, since) in List()
            .Select(stored => (Package: stored.Identity, Since: FileStat.Read(_layout.RecordOf(stored.Identity))?.ModifiedAt ?? now))
            .GroupBy(stored => stored.Package.Id, StringComparer.Ordinal)
            .SelectMany(ofId => ofId.OrderByDescending(stored => stored.Package.Version).ThenByDescending(stored => stored.Since).Skip(1))
            .Where(stored => !uses.Any(use => use.Names(stored.Package)) && (keepUnused <= TimeSpan.Zero || now - stored.Since >= keepUnused)))
        {
            if (TryWithdraw_NeedsLock(package)) removed.Add((package, since));
        }

        return removed;
    }

    /// <summary>Writes this host's mark where it has to change.</summary>
    /// <param name="choose">Makes what the file is to name of what it names, and of what is needed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task WriteMarkAsync_NeedsLock(
        Func<ImmutableHashSet<PackageIdentity>, ImmutableHashSet<PackageIdentity>, ImmutableHashSet<PackageIdentity>> choose,
        CancellationToken cancellationToken)
    {
        var needed = Mark.Unsettle_NeedsLock();
        var before = _uses.Find_NeedsLock(Mark.Host);
        ImmutableHashSet<PackageIdentity> next = [.. choose([.. before ?? ImmutableHashSet<PackageIdentity>.Empty], needed).Where(HasRecord)];
        if (before is null || !next.SetEquals(before))
        {
            // First, so that a crash between the two does not make it look unused for longer than it was.
            foreach (var package in (before ?? next).Except(next).Where(HasRecord)) Renew_NeedsLock(package);
            await _uses.WriteAsync_NeedsLock(Mark.Host, next, cancellationToken).ConfigureAwait(false);
        }

        Mark.Settle_NeedsLock(next);
    }

    /// <exception cref="PackageInUseException">A host needs it, or may: its mark cannot be read.</exception>
    private async Task RefuseNeeded_NeedsLock(PackageIdentity package, CancellationToken cancellationToken)
    {
        if (_mark is not null)
        {
            await WriteMarkAsync_NeedsLock((before, needed) => before.Remove(package).Union(needed), cancellationToken).ConfigureAwait(false);
        }

        if (_uses.All_NeedsLock().Where(use => use.Names(package)).ToList() is { Count: > 0 } users)
        {
            throw new PackageInUseException($"{package.Id} {package.Version}", [.. users.Select(use => $"host {use.Host} ({use.Path})")]);
        }
    }

    // The time of the record's last write says since when nobody needs its package.
    private void Renew_NeedsLock(PackageIdentity package)
    {
        if (HasRecord(package)) File.SetLastWriteTimeUtc(_layout.RecordOf(package), _timeProvider.GetUtcNow().UtcDateTime);
    }

    private bool TryWithdraw_NeedsLock(PackageIdentity package)
    {
        try
        {
            _verified.TryRemove(package, out _);
            Withdraw_NeedsLock(package);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.CleanupFailed(_layout.PackageOf(package), exception);
            return false;
        }
    }

    private bool HasRecord(PackageIdentity package) => FileStat.Read(_layout.RecordOf(package)) is not null;

    private async Task<T> LockedAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            using var held = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Failed(_layout.Root, exception);
        }
    }

    private sealed class Claimed(HostMark mark, PackageIdentity package) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0) mark.Release(package);
        }
    }
}
