using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;

namespace PluginRuntime.Loading;

/// <summary>
/// Turns directories into connector factories. One context per package identity, shared by every generation that runs it, unloaded when
/// the last share is given back.
/// </summary>
internal sealed class ConnectorLoader(LoadOptions options, UnloadWatch watch, TimeProvider timeProvider, ILogger<ConnectorLoader> logger)
{
    private readonly Lock _lock = new();

    // Guarded by _lock. An entry is here from the first request until its last share is given back, or its load has failed.
    private readonly Dictionary<PackageIdentity, Entry> _entries = [];

    /// <summary>Gives a share in the context of a package, loading it when this is the first.</summary>
    /// <exception cref="LoadException">It cannot be loaded.</exception>
    internal async Task<ContextShare> AcquireAsync(
        PackageIdentity identity, string directory, ConnectorManifest manifest, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(identity, out entry!))
            {
                // Not tied to this caller's token: others may wait for the same load.
                entry = new Entry(identity, new Lazy<Task<LoadedContext>>(() => LoadAsync(identity, directory, manifest)));
                _entries.Add(identity, entry);
            }

            entry.Shares++;
        }

        try
        {
            var context = await entry.Loading.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new ContextShare(context, manifest, () => GiveBackAsync(entry));
        }
        catch
        {
            await GiveBackAsync(entry).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The contexts in use now.</summary>
    internal IReadOnlyList<ContextFacts> Loaded()
    {
        lock (_lock)
        {
            return [.. _entries.Values
                .Where(entry => entry.Loading is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
                .Select(entry => new ContextFacts(
                    entry.Identity.Id, entry.Identity.Version, entry.Identity.Hash, entry.Loading.Value.Result.LoadedAt, null, null, null, []))];
        }
    }

    /// <summary>Whether a package has a context that somebody uses, or is about to.</summary>
    internal bool IsLoaded(PackageIdentity identity)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(identity);
        }
    }

    private async Task<LoadedContext> LoadAsync(PackageIdentity identity, string directory, ConnectorManifest manifest)
    {
        var context = LoadedContext.Open(identity, directory, manifest, options, timeProvider);
        try
        {
            await context.StartAsync(manifest, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // Its code may have run already, so its end is proven like any other's.
            await EndAsync(context).ConfigureAwait(false);
            throw;
        }

        LoadingLog.Loaded(logger, identity);
        return context;
    }

    private async Task GiveBackAsync(Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Shares > 0)
            {
                return;
            }

            // From here on a new request loads a context of its own, side by side with this one's end.
            _entries.Remove(entry.Identity);
        }

        if (!entry.Loading.IsValueCreated)
        {
            return;
        }

        // If the load failed, whoever asked for it has been told, and nothing is loaded.
        var loading = entry.Loading.Value;
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully)
        {
            await EndAsync(await loading.ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(LoadedContext context)
    {
        var report = await context.UnloadAsync().ConfigureAwait(false);
        if (report.Failure is not null)
        {
            LoadingLog.HookFailed(logger, context.Identity, report.Failure);
        }

        watch.Add(context.Identity, context.LoadedAt, report.Context, report.Abandoned);
    }

    private sealed class Entry(PackageIdentity identity, Lazy<Task<LoadedContext>> loading)
    {
        internal PackageIdentity Identity { get; } = identity;

        internal Lazy<Task<LoadedContext>> Loading { get; } = loading;

        // Guarded by the loader's lock.
        internal int Shares { get; set; }
    }
}
