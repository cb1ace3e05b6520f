namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// What a change under a pool's lock leaves to be done after it: waiters whose outcome was decided, to be completed in that order, and
/// other pools to be asked for room.
/// </summary>
internal struct Aftermath
{
    private Waiter? _first;
    private Waiter? _last;
    private ConnectionBudget? _crowded;

    public void Add(Waiter waiter)
    {
        waiter.Next = null;
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
    }

    public void MakeRoomIn(ConnectionBudget budget) => _crowded = budget;

    /// <summary>To be called with no lock held.</summary>
    public readonly void Run()
    {
        for (var waiter = _first; waiter is not null;)
        {
            // Once completed it may be in its next use already.
            var next = waiter.Next;
            waiter.Complete();
            waiter = next;
        }

        _crowded?.MakeRoom();
    }
}
