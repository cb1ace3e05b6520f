using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;

namespace PluginRuntime.Loading;

/// <summary>
/// Follows contexts from the request to unload until they are seen gone. A drained context dies only at a full collection, so while one is
/// waited for, collections are asked for: in the background, not compacting, and not more often than the options allow.
/// </summary>
internal sealed class UnloadWatch : IAsyncDisposable
{
    /// <summary>After this many collections of its own a context that still lives is reported as held.</summary>
    internal const int CollectionsUntilHeld = 5;

    /// <summary>How many times rarer collections are for contexts that are known as held.</summary>
    internal const int HeldPatience = 6;

    private const int FactsKept = 1000;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<WatchedContext> _alive = [];
    private readonly Queue<ContextFacts> _gone = [];

    private readonly LoadOptions _options;
    private readonly UnloadSweep _sweep;
    private readonly RootFinder? _finder;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<UnloadWatch> _logger;
    private readonly ITimer _timer;
    private int _isChecking;

    // Written by the one check that runs.
    private long _lastCollection;
    private int _fullCollections = -1;
    private Task _searches = Task.CompletedTask;

    /// <param name="options">How often to collect.</param>
    /// <param name="sweep">Takes off what is left behind.</param>
    /// <param name="finder">Finds out what holds a context; null leaves it at what is known in the process itself.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The log.</param>
    internal UnloadWatch(LoadOptions options, UnloadSweep sweep, RootFinder? finder, TimeProvider timeProvider, ILogger<UnloadWatch> logger)
    {
        _options = options;
        _sweep = sweep;
        _finder = finder;
        _timeProvider = timeProvider;
        _logger = logger;
        _lastCollection = timeProvider.GetTimestamp() - (long)(options.CollectInterval.TotalSeconds * timeProvider.TimestampFrequency);
        _timer = timeProvider.CreateTimer(
            static state => ((UnloadWatch)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised, outside any lock, when a context was seen gone or was found held.</summary>
    internal event Action<ContextFacts>? Changed;

    /// <summary>Takes a context to watch.</summary>
    /// <param name="identity">Whose it is.</param>
    /// <param name="loadedAt">When it was loaded.</param>
    /// <param name="context">Must not keep it alive.</param>
    /// <param name="suspect">What of it is known to run on, for people; null when nothing is.</param>
    internal void Add(PackageIdentity identity, DateTimeOffset loadedAt, WeakReference context, string? suspect)
    {
        LoadingLog.UnloadRequested(_logger, identity);
        var watched = new WatchedContext(identity, loadedAt, _timeProvider.GetUtcNow(), _timeProvider.GetTimestamp(), context, suspect);
        Sweep(watched);
        lock (_lock)
        {
            _alive.Add(watched);
        }

        _timer.Change(TimeSpan.FromMilliseconds(50), PollInterval);
    }

    /// <summary>Every context that was asked to unload: those alive first, then those gone, the latest last.</summary>
    internal IReadOnlyList<ContextFacts> Facts()
    {
        lock (_lock)
        {
            return [.. _alive.Select(watched => watched.ToFacts()), .. _gone];
        }
    }

    /// <summary>The latest context of a package that was asked to unload; null when there was none.</summary>
    internal ContextFacts? Latest(PackageIdentity identity)
    {
        lock (_lock)
        {
            return _alive.LastOrDefault(watched => watched.Identity == identity)?.ToFacts()
                ?? _gone.LastOrDefault(facts => facts.Hash == identity.Hash && facts.Connector == identity.Id);
        }
    }

    /// <summary>How many contexts of a connector should be gone and are not.</summary>
    internal int CountHeld(string connector)
    {
        lock (_lock)
        {
            return _alive.Count(watched => watched.HeldBy is not null && watched.Identity.Id == connector);
        }
    }

    /// <summary>Looks once more what holds the held contexts of a connector: something else may hold them by now.</summary>
    internal async Task ExplainAsync(string connector, CancellationToken cancellationToken)
    {
        WatchedContext[] held;
        lock (_lock)
        {
            held = [.. _alive.Where(watched => watched.HeldBy is not null && watched.Identity.Id == connector)];
        }

        foreach (var watched in held)
        {
            await SearchAsync(watched, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _searches.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    // A timer's period of 0 would mean once.
    private TimeSpan PollInterval => TimeSpan.FromMilliseconds(Math.Clamp(_options.CollectInterval.TotalMilliseconds, 50, 1000));

    private void Check()
    {
        // A tick that meets the one before leaves the work to it.
        if (Interlocked.Exchange(ref _isChecking, 1) != 0)
        {
            return;
        }

        try
        {
            var changes = LookAtEach();
            Collect();
            foreach (var facts in changes)
            {
                Tell(facts);
            }
        }
        finally
        {
            Volatile.Write(ref _isChecking, 0);
        }
    }

    private void Tell(ContextFacts facts)
    {
        if (facts.HeldBy is { } heldBy)
        {
            LoadingLog.Held(_logger, new(facts.Connector, facts.Version, facts.Hash), CollectionsUntilHeld, heldBy);
        }

        try
        {
            Changed?.Invoke(facts);
        }
        catch (Exception exception)
        {
            // On a timer's thread it would end the process, and what the others are to be told would be lost.
            LoadingLog.ListenerFailed(_logger, facts.Connector, exception);
        }
    }

    private List<ContextFacts> LookAtEach()
    {
        WatchedContext[] alive;
        lock (_lock)
        {
            alive = [.. _alive];
        }

        var changes = new List<ContextFacts>();
        foreach (var watched in alive)
        {
            if (!watched.IsAlive)
            {
                LoadingLog.Collected(_logger, watched.Identity, _timeProvider.GetElapsedTime(watched.RequestedTimestamp));
                changes.Add(Retire(watched));
            }
            else if (watched.Collections >= CollectionsUntilHeld && !watched.IsJudged)
            {
                watched.IsJudged = true;
                watched.Suspect = Sweep(watched) ?? watched.Suspect;
                if (_finder is null)
                {
                    changes.AddRange(Hold(watched, null) is { } facts ? [facts] : []);
                }
                else
                {
                    LoadingLog.Searching(_logger, watched.Identity);

                    // Told when the search has ended, which it does in time; it is no work for a timer's thread.
                    _searches = TellHolderAsync(watched, _searches);
                }
            }
        }

        return changes;
    }

    private async Task TellHolderAsync(WatchedContext watched, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (await SearchAsync(watched, _stopping.Token).ConfigureAwait(false) is { } facts)
        {
            Tell(facts);
        }
        else
        {
            LoadingLog.GoneMeanwhile(_logger, watched.Identity);
        }
    }

    /// <returns>What is known then; null when it is gone.</returns>
    private async Task<ContextFacts?> SearchAsync(WatchedContext watched, CancellationToken cancellationToken)
    {
        var chain = _finder is null || NumberOf(watched.Context) is not { } number
            ? null
            : await _finder.FindAsync(number, cancellationToken).ConfigureAwait(false);
        return Hold(watched, chain);
    }

    private ContextFacts? Hold(WatchedContext watched, HolderChain? chain)
    {
        var holder = chain is { Problem: null } ? string.Join(" → ", chain.Links) : null;
        var heldBy = (watched.Suspect, holder) switch
        {
            ({ } suspect, { } found) => $"{suspect}: {found}",
            (null, { } found) => found,
            _ => (watched.Suspect ?? "something outside what the sweep looks at")
                + (chain is null ? "" : $" (the references are not known: {chain.Problem})"),
        };
        lock (_lock)
        {
            // It may have gone while it was searched for: then it is not held, whatever was found. The next check tells that it is gone.
            if (!watched.IsAlive)
            {
                return null;
            }

            (watched.HeldBy, watched.Chain) = (heldBy, chain?.Links ?? []);
            return watched.ToFacts();
        }
    }

    // Not inlined: what it looks at must not stay in a caller's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long? NumberOf(WeakReference context) => (context.Target as ConnectorLoadContext)?.Number;

    private ContextFacts Retire(WatchedContext watched)
    {
        lock (_lock)
        {
            watched.CollectedAt = _timeProvider.GetUtcNow();
            (watched.HeldBy, watched.Chain) = (null, []);
            var facts = watched.ToFacts();
            _alive.Remove(watched);
            _gone.Enqueue(facts);
            while (_gone.Count > FactsKept)
            {
                _gone.Dequeue();
            }

            if (_alive.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return facts;
        }
    }

    private void Collect()
    {
        var elapsed = _timeProvider.GetElapsedTime(_lastCollection);
        WatchedContext[] waiting;
        lock (_lock)
        {
            // What holds a context may end: a call that was abandoned, a delay. So one that is known as held is worth a collection too, but
            // only now and then.
            waiting = [.. _alive.Where(watched => watched.HeldBy is null || elapsed >= _options.CollectInterval * HeldPatience)];
        }

        if (waiting.Length == 0 || elapsed < _options.CollectInterval)
        {
            return;
        }

        _lastCollection = _timeProvider.GetTimestamp();

        // One that was asked for while another ran in the background came to nothing, and proves nothing about who outlived it.
        var fullCollections = GC.CollectionCount(2);
        var hasCollected = _fullCollections >= 0 && fullCollections != _fullCollections;
        _fullCollections = fullCollections;
        foreach (var watched in waiting)
        {
            Sweep(watched);
            watched.Collections += watched.IsAsked && hasCollected ? 1 : 0;
            watched.IsAsked = true;
        }

        GC.Collect(2, GCCollectionMode.Forced, blocking: false);
    }

    // Not inlined: what it looks at must not stay in a caller's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private string? Sweep(WatchedContext watched)
    {
        var result = _sweep.Run(watched.Context);
        if (result.Removed.Count > 0)
        {
            LoadingLog.Swept(_logger, watched.Identity, string.Join(", ", result.Removed));
        }

        return result.Removed.Count > 0 ? $"{string.Join(", ", result.Removed)} came back after it was removed" : null;
    }
}
