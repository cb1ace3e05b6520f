using System.Diagnostics.CodeAnalysis;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Host.Logging;

/// <summary>Log levels for a while: each override ends by itself, and then what is configured counts again.</summary>
internal sealed class LogLevels : IDisposable
{
    private readonly LogOverrides _source;
    private readonly EventTrail _events;
    private readonly TimeProvider _timeProvider;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<string, LogOverride> _overrides = new(StringComparer.OrdinalIgnoreCase);

    internal LogLevels(LogOverrides source, EventTrail events, TimeProvider timeProvider)
    {
        (_source, _events, _timeProvider) = (source, events, timeProvider);
        _timer = timeProvider.CreateTimer(
            static state => ((LogLevels)state!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>By category.</summary>
    internal IReadOnlyList<LogOverride> Overrides
    {
        get
        {
            lock (_lock)
            {
                return [.. _overrides.Values.OrderBy(one => one.Category, StringComparer.OrdinalIgnoreCase)];
            }
        }
    }

    /// <summary>Sets the level of a category, in place of what it was set to before.</summary>
    internal LogOverride Set(string category, LogLevel level, TimeSpan time)
    {
        var added = new LogOverride(category, level, _timeProvider.GetUtcNow() + time);
        lock (_lock)
        {
            _overrides[category] = added;
            Apply_NeedsLock();
        }

        Tell(category, level, added.Until, $"{category} logs {level} and above until {added.Until:u}.");
        return added;
    }

    /// <summary>Ends an override before its time.</summary>
    internal bool TryRemove(string category, [NotNullWhen(true)] out LogOverride? removed)
    {
        lock (_lock)
        {
            if (!_overrides.Remove(category, out removed))
            {
                return false;
            }

            Apply_NeedsLock();
        }

        Tell(removed.Category, null, null, $"{removed.Category} logs what is configured again.");
        return true;
    }

    public void Dispose() => _timer.Dispose();

    private void Expire()
    {
        List<LogOverride> expired;
        lock (_lock)
        {
            var now = _timeProvider.GetUtcNow();
            expired = [.. _overrides.Values.Where(one => one.Until <= now)];
            expired.ForEach(one => _overrides.Remove(one.Category));

            // Also where none has: the timer may come a moment early.
            Apply_NeedsLock();
        }

        foreach (var one in expired)
        {
            Tell(one.Category, null, null, $"{one.Category} logs what is configured again: its time is over.");
        }
    }

    private void Apply_NeedsLock()
    {
        _source.Apply(_overrides.Values.Select(one => new KeyValuePair<string, LogLevel>(one.Category, one.Level)));
        var next = _overrides.Values.Select(one => one.Until - _timeProvider.GetUtcNow()).DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
        _timer.Change(
            next == Timeout.InfiniteTimeSpan ? next : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(next.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void Tell(string category, LogLevel? level, DateTimeOffset? until, string detail)
    {
        var data = new Dictionary<string, string> { ["category"] = category, ["to"] = level?.ToString() ?? "configured" };
        if (until is { } end)
        {
            data["until"] = end.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        }

        _events.Publish(EventTypes.LogLevel, detail, new() { Data = data });
    }
}

/// <summary>A category's level for a while.</summary>
/// <param name="Category">The category, and those below it.</param>
/// <param name="Level">The lowest level that is logged.</param>
/// <param name="Until">When it ends, UTC.</param>
internal sealed record LogOverride(string Category, LogLevel Level, DateTimeOffset Until);
