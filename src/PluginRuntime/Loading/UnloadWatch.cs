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
    private readonly List<Watched> _alive = [];
    private readonly Queue<ContextFacts> _gone = [];

    private readonly LoadOptions _options;
    private readonly UnloadSweep _sweep;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<UnloadWatch> _logger;
    private readonly ITimer _timer;
    private int _isChecking;

    // Written by the one check that runs.
    private long _lastCollection;
    private int _fullCollections = -1;

    internal UnloadWatch(LoadOptions options, UnloadSweep sweep, TimeProvider timeProvider, ILogger<UnloadWatch> logger)
    {
        _options = options;
        _sweep = sweep;
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
        var watched = new Watched(identity, loadedAt, _timeProvider.GetUtcNow(), _timeProvider.GetTimestamp(), context, suspect);
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

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

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
        Watched[] alive;
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
            else if (watched.Collections >= CollectionsUntilHeld && watched.HeldBy is null)
            {
                var heldBy = Sweep(watched) ?? watched.Suspect ?? "something outside what the sweep looks at";
                LoadingLog.Held(_logger, watched.Identity, watched.Collections, heldBy);
                lock (_lock)
                {
                    watched.HeldBy = heldBy;
                    changes.Add(watched.ToFacts());
                }
            }
        }

        return changes;
    }

    private ContextFacts Retire(Watched watched)
    {
        lock (_lock)
        {
            watched.CollectedAt = _timeProvider.GetUtcNow();
            watched.HeldBy = null;
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
        Watched[] waiting;
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
    private string? Sweep(Watched watched)
    {
        var result = _sweep.Run(watched.Context);
        if (result.Removed.Count > 0)
        {
            LoadingLog.Swept(_logger, watched.Identity, string.Join(", ", result.Removed));
        }

        return result.Removed.Count > 0 ? $"{string.Join(", ", result.Removed)} came back after it was removed" : null;
    }

    private sealed class Watched(
        PackageIdentity identity, DateTimeOffset loadedAt, DateTimeOffset requestedAt, long requestedTimestamp, WeakReference context, string? suspect)
    {
        internal PackageIdentity Identity { get; } = identity;

        internal WeakReference Context { get; } = context;

        internal long RequestedTimestamp { get; } = requestedTimestamp;

        internal bool IsAlive => Context.IsAlive;

        internal string? Suspect { get; } = suspect;

        // A collection was asked for since this is watched.
        internal bool IsAsked { get; set; }

        // How many full collections it has outlived.
        internal int Collections { get; set; }

        // This and HeldBy are guarded by the watch's lock; only the one check that runs writes them.
        internal DateTimeOffset? CollectedAt { get; set; }

        internal string? HeldBy { get; set; }

        internal ContextFacts ToFacts() =>
            new(Identity.Id, Identity.Version, Identity.Hash, loadedAt, requestedAt, CollectedAt, HeldBy);
    }
}
