namespace PluginRuntime.Diagnostics;

/// <summary>
/// What happened lately, in order. Publishing neither waits nor fails. Readers pull: each remembers the sequence it has come to, so one that
/// is slow holds no memory, and finds <see cref="ReadAfter"/> to be null when what it missed is not kept any more.
/// </summary>
internal sealed class EventTrail(TimeProvider timeProvider)
{
    /// <summary>The most events that are kept.</summary>
    internal const int Kept = 10_000;

    private readonly Lock _lock = new();

    // All guarded by _lock. A ring: the oldest event is at _first.
    private readonly RuntimeEvent?[] _ring = new RuntimeEvent?[Kept];
    private int _first;
    private int _count;
    private long _last;
    private long _forgotten;
    private TaskCompletionSource? _more;

    /// <summary>Told of each event as it is published, outside any lock. Set before anything is published.</summary>
    internal Action<RuntimeEvent>? Observer { get; set; }

    /// <summary>The sequence of the newest event; while there is none, of the newest that may have been before this process.</summary>
    internal long Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    /// <summary>Goes on from what an earlier process left. Called once, before anything is published or read.</summary>
    /// <param name="last">The highest sequence that was ever given out, or may have been.</param>
    /// <param name="events">The newest events that are known, oldest first.</param>
    /// <param name="forgotten">The newest sequence that is not kept any more; 0 when everything is.</param>
    internal void Resume(long last, IReadOnlyList<RuntimeEvent> events, long forgotten)
    {
        lock (_lock)
        {
            _forgotten = forgotten;
            foreach (var known in events)
            {
                Add_NeedsLock(known);
            }

            _last = Math.Max(last, _last);
        }
    }

    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="detail">A sentence without secrets.</param>
    /// <param name="about">The instance, connector, version, code and data; null when it is about none.</param>
    internal RuntimeEvent Publish(string type, string detail, EventSubject? about = null)
    {
        about ??= EventSubject.None;
        return Publish(new(0, default, type, about.Instance, about.Connector, about.Version, about.Code, detail, about.Data));
    }

    /// <summary>Publishes an event under the next sequence and the present time.</summary>
    internal RuntimeEvent Publish(RuntimeEvent added)
    {
        TaskCompletionSource? more;
        lock (_lock)
        {
            added = added with { Sequence = _last + 1, Time = timeProvider.GetUtcNow() };
            Add_NeedsLock(added);
            more = _more;
            _more = null;
        }

        more?.TrySetResult();
        Observer?.Invoke(added);
        return added;
    }

    /// <summary>Everything that is kept, oldest first.</summary>
    internal IReadOnlyList<RuntimeEvent> Snapshot()
    {
        lock (_lock)
        {
            return Copy_NeedsLock(0, _count);
        }
    }

    /// <summary>The events after a sequence, oldest first.</summary>
    /// <param name="sequence">Where the reader has come to; 0 is before everything.</param>
    /// <param name="most">The most events to give.</param>
    /// <returns>Null when it cannot be said what came after: it is not kept any more, or the sequence was never given out.</returns>
    internal IReadOnlyList<RuntimeEvent>? ReadAfter(long sequence, int most)
    {
        lock (_lock)
        {
            if (sequence < _forgotten || sequence > _last)
            {
                return null;
            }

            var (low, high) = (0, _count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = At_NeedsLock(middle).Sequence > sequence ? (low, middle) : (middle + 1, high);
            }

            return Copy_NeedsLock(low, Math.Min(most, _count - low));
        }
    }

    /// <summary>Completes when there is an event after a sequence. It never fails, and is not kept waiting by readers before it.</summary>
    internal Task MoreThan(long sequence)
    {
        lock (_lock)
        {
            return _last > sequence ? Task.CompletedTask : (_more ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private RuntimeEvent At_NeedsLock(int index) => _ring[(_first + index) % Kept]!;

    private RuntimeEvent[] Copy_NeedsLock(int from, int count)
    {
        var copy = new RuntimeEvent[count];
        for (var i = 0; i < count; i++)
        {
            copy[i] = At_NeedsLock(from + i);
        }

        return copy;
    }

    private void Add_NeedsLock(RuntimeEvent added)
    {
        if (_count == Kept)
        {
            _forgotten = At_NeedsLock(0).Sequence;
            _first = (_first + 1) % Kept;
            _count--;
        }

        _ring[(_first + _count++) % Kept] = added;
        _last = added.Sequence;
    }
}
