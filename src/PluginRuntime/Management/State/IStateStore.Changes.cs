using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

public partial interface IStateStore
{
    /// <summary>Reads what was changed after a revision, by whichever host, and how it is now.</summary>
    /// <param name="after">The revision that is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">It cannot be read.</exception>
    Task<StateChanges> ReadChangesAsync(long after, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when another host may have changed something: at the latest about a second after one did, and now and then for nothing. Where
    /// the state is not shared it never does. One caller at a time.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StateException">It cannot be said; changes are still there to be read.</exception>
    Task WaitForChangesAsync(CancellationToken cancellationToken);
}

/// <summary>What goes with a change, in one transaction with it.</summary>
/// <param name="Known">The revision that the change is based on: it is refused where a later one changed the same thing. Null for any.</param>
/// <param name="Event">What every host tells about it, each with a sequence of its own; null for nothing.</param>
public sealed record StateWrite(long? Known = null, RuntimeEvent? Event = null)
{
    /// <summary>Whether it is refused where a later change was about anything at all: what it was checked against is more than the thing itself.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The change alone.</summary>
    public static StateWrite Plain { get; } = new();
}

/// <summary>What a change is about.</summary>
public enum StateSubject
{
    /// <summary>The definition of an instance.</summary>
    Instance,

    /// <summary>What was decided about the versions of an instance.</summary>
    Versions,

    /// <summary>Tokens that took the place of configured ones, by their key.</summary>
    Tokens,

    /// <summary>A registered connector, by its id.</summary>
    Connector,

    /// <summary>A credential that came over the API.</summary>
    Credential,
}

/// <summary>Something was changed.</summary>
/// <param name="Revision">Counts the changes of the whole state, without gaps.</param>
/// <param name="Subject">What kind of thing.</param>
/// <param name="Name">Which one.</param>
/// <param name="IsOwn">Whether this host did it.</param>
/// <param name="Event">What is to be told about it; null when nothing is.</param>
public sealed record StateChange(long Revision, StateSubject Subject, string Name, bool IsOwn, RuntimeEvent? Event);

/// <summary>What was changed since.</summary>
/// <param name="Revision">The newest change that is in it.</param>
/// <param name="Changes">In order. Empty when there was none, or so many that they are not kept: see <paramref name="IsWhole"/>.</param>
/// <param name="State">What was changed, as it is now; what is not there was deleted. Registered connectors are read apart.</param>
/// <param name="IsWhole">Whether <paramref name="State"/> is all there is, since it is not kept any more what was changed.</param>
public sealed record StateChanges(long Revision, IReadOnlyList<StateChange> Changes, StoredState State, bool IsWhole)
{
    internal IEnumerable<string> NamesOf(StateSubject subject) => Changes.Where(change => change.Subject == subject).Select(change => change.Name).Distinct(StringComparer.Ordinal);
}

/// <summary>Somebody else has changed the same thing in between.</summary>
/// <param name="what">Which thing.</param>
public sealed class StateConflictException(string what) : PluginRuntimeException("state.conflict", $"{what} was changed by another host in between.")
{
    /// <inheritdoc />
    public override bool IsTransient => true;
}
