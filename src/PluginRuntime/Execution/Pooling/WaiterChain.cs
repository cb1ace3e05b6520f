namespace PluginRuntime.Execution.Pooling;

/// <summary>Waiters whose outcome was decided under the lock, to be completed after it, in that order.</summary>
internal struct WaiterChain
{
    private Waiter? _first;
    private Waiter? _last;

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

    public readonly void CompleteAll()
    {
        for (var waiter = _first; waiter is not null;)
        {
            // Once completed it may be in its next use already.
            var next = waiter.Next;
            waiter.Complete();
            waiter = next;
        }
    }
}
