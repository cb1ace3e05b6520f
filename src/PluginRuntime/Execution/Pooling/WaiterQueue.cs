namespace PluginRuntime.Execution.Pooling;

/// <summary>The callers who wait, in the order in which they came; linked through themselves. Guarded by the pool's lock.</summary>
internal struct WaiterQueue
{
    private Waiter? _last;

    public int Count { readonly get; private set; }

    public Waiter? First { readonly get; private set; }

    public void Add(Waiter waiter)
    {
        waiter.Enter_NeedsLock(after: _last);
        First ??= waiter;
        _last = waiter;
        Count++;
    }

    /// <summary>Takes out one that is in the queue, wherever it stands.</summary>
    public void Remove(Waiter waiter)
    {
        if (First == waiter)
        {
            First = waiter.Next;
        }

        if (_last == waiter)
        {
            _last = waiter.Previous;
        }

        waiter.Leave_NeedsLock();
        Count--;
    }
}
