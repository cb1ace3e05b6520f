using System.Collections.Frozen;

namespace PluginRuntime.Diagnostics;

/// <summary>What happened lately, in order. Publishing neither waits nor fails.</summary>
internal sealed class EventTrail(TimeProvider timeProvider)
{
    /// <summary>The most events that are kept.</summary>
    internal const int Kept = 10_000;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Queue<RuntimeEvent> _events = new();
    private long _last;

    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="detail">A sentence without secrets.</param>
    /// <param name="about">The instance, connector, version, code and data; null when it is about none.</param>
    internal RuntimeEvent Publish(string type, string detail, EventSubject? about = null)
    {
        about ??= EventSubject.None;
        lock (_lock)
        {
            var added = new RuntimeEvent(
                ++_last, timeProvider.GetUtcNow(), type, about.Instance, about.Connector, about.Version, about.Code, detail, about.Data);
            _events.Enqueue(added);
            if (_events.Count > Kept)
            {
                _events.Dequeue();
            }

            return added;
        }
    }

    /// <summary>Everything that is kept, oldest first.</summary>
    internal IReadOnlyList<RuntimeEvent> Snapshot()
    {
        lock (_lock)
        {
            return [.. _events];
        }
    }
}

/// <summary>What an event is about.</summary>
internal sealed record EventSubject
{
    internal static readonly EventSubject None = new();

    internal string? Instance { get; init; }

    internal string? Connector { get; init; }

    internal string? Version { get; init; }

    internal string? Code { get; init; }

    internal IReadOnlyDictionary<string, string> Data { get; init; } = FrozenDictionary<string, string>.Empty;
}
