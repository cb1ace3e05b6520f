namespace PluginRuntime.Management;

/// <summary>The changes of a state that one process has alone, since it began. Not for several threads at once.</summary>
internal sealed class ChangeJournal
{
    private readonly List<StateChange> _changes = [];

    internal long Revision => _changes.Count;

    /// <exception cref="StateConflictException">What is written is based on something older.</exception>
    internal void Check(StateSubject subject, string name, StateWrite write)
    {
        if (write.Known is { } known && After(known).Any(change => write.IsWhole || (change.Subject == subject && change.Name == name)))
        {
            throw new StateConflictException($"'{name}'");
        }
    }

    internal void Add(StateSubject subject, string name, StateWrite write) =>
        _changes.Add(new(Revision + 1, subject, name, IsOwn: true, write.Event));

    internal IReadOnlyList<StateChange> After(long revision) => _changes.GetRange((int)Math.Min(revision, Revision), (int)Math.Max(0, Revision - revision));
}
