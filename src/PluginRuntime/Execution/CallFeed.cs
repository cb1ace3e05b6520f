namespace PluginRuntime.Execution;

/// <summary>Tells of each call's end to whoever listens. While nobody does, a call reads one field for it.</summary>
/// <param name="timeProvider">Says when a call ended.</param>
internal sealed class CallFeed(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();

    // Replaced as a whole under the lock; null while there are none.
    private volatile CallListener[]? _listeners;

    internal bool IsHeard => _listeners is not null;

    /// <summary>Listens from now on, until the listener is disposed of.</summary>
    /// <param name="wants">Which calls. Runs on the call's path: it must be quick and not throw.</param>
    /// <param name="capacity">The most ends that wait for the listener; of more the oldest are dropped, and counted.</param>
    internal CallListener Listen(Predicate<CallEnd> wants, int capacity)
    {
        var added = new CallListener(wants, capacity, Remove);
        lock (_lock)
        {
            _listeners = [.. _listeners ?? [], added];
        }

        return added;
    }

    /// <summary>A call has ended. Not before <see cref="IsHeard"/> has said that it is worth it.</summary>
    /// <param name="slot">The instance.</param>
    /// <param name="generation">What took the call last; null when nothing did.</param>
    /// <param name="action">What was called.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="attempts">How many attempts began.</param>
    /// <param name="failure">Null when it succeeded.</param>
    internal void Tell(InstanceSlot slot, Generation? generation, string action, TimeSpan elapsed, int attempts, Exception? failure)
    {
        // Whoever leaves between the look and this one is not told any more.
        if (_listeners is not { } listeners)
        {
            return;
        }

        var end = new CallEnd(
            timeProvider.GetUtcNow(),
            slot.Name,
            generation?.Identity.Id,
            generation?.Identity.Version.ToString(),
            action.Length > CallEnd.LongestAction ? action[..CallEnd.LongestAction] : action,
            Math.Round(elapsed.TotalMilliseconds, 3),
            attempts,
            failure is null ? null : CallTelemetry.CodeOf(failure),
            failure is null ? null : Sentence(failure));
        foreach (var listener in listeners)
        {
            listener.Offer(end);
        }
    }

    // Only our own exceptions are known to hold nothing that is not for others.
    private static string Sentence(Exception failure) => failure switch
    {
        PluginRuntimeException known => known.Message,
        OperationCanceledException => "The caller gave up.",
        _ => "The host met a bug of its own; its log has more.",
    };

    private void Remove(CallListener listener)
    {
        lock (_lock)
        {
            _listeners = _listeners?.Where(other => other != listener).ToArray() is { Length: > 0 } left ? left : null;
        }
    }
}
