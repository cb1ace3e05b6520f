using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

public partial interface IStateStore
{
    /// <summary>Reads the newest events. Called once, before anything is reserved or appended.</summary>
    /// <param name="newest">The most events to read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken);

    /// <summary>Sets sequences aside: none up to this one is given out by a later process, however this one ends.</summary>
    /// <param name="highWater">The highest. A lower one than before gives back what was not used.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken);

    /// <summary>Appends events. Older ones than are asked for at a start may be deleted.</summary>
    /// <param name="events">In order. Those that are there already, since an append that failed came half way, are left as they are.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateException">They cannot be saved, or not all of them.</exception>
    Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken);
}

/// <summary>The events that a store holds.</summary>
/// <param name="HighWater">The highest sequence set aside; 0 when none was yet.</param>
/// <param name="Forgotten">The newest sequence that was an event's and is not among <paramref name="Events"/>; 0 when all are.</param>
/// <param name="Events">The newest, oldest first.</param>
public sealed record StoredEvents(long HighWater, long Forgotten, IReadOnlyList<RuntimeEvent> Events)
{
    /// <summary>The newest change of the state that was told in an event; null where that is not known.</summary>
    public long? Told { get; init; }
}
