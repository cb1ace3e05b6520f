namespace PluginRuntime.Host.Events;

/// <summary>It cannot be said what came after an event.</summary>
internal sealed class EventsGoneException(long sequence)
    : PluginRuntimeException(
        "events.gone", FormattableString.Invariant($"What came after event {sequence} is not kept, or there was no such event. Read what there is now, and go on from there."));
