namespace PluginRuntime.Execution.Pooling;

/// <summary>The end of a pool.</summary>
internal sealed partial class ConnectionPool
{
    /// <summary>
    /// Ends renting: callers who wait leave with null, idle connections are closed now, those in use as they come back. No call in
    /// flight fails by it. Closing twice is fine.
    /// </summary>
    public void Close()
    {
        var after = default(Aftermath);
        bool drained;
        using (_lock.EnterForLong())
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            while (_waiters.First is { } waiter)
            {
                Dismiss_NeedsLock(waiter, null, ref after);
            }

            while (_idle.First is { } entry)
            {
                TakeFirstIdle_NeedsLock();
                StartClose_NeedsLock(entry);
            }

            ForgetPermit_NeedsLock();
            _minimum?.TrySetCanceled(CancellationToken.None);
            drained = IsDrained_NeedsLock;
        }

        _permits.Budget.Quit(this);
        after.Run();

        // Openings and checks under way stop early. Not on this thread: what hangs on the token belongs to the source.
        _ = _stopping.CancelAsync();
        SignalDrained(drained);
    }

    /// <summary>Completes once the pool is closed, and every connection too, and every permit is back. The caller bounds it.</summary>
    public Task DrainedAsync(CancellationToken cancellationToken) => _drained.Task.WaitAsync(cancellationToken);

    /// <summary>Closes the pool and waits until it has drained, for as long as callers keep their connections.</summary>
    public ValueTask DisposeAsync()
    {
        Close();
        return new ValueTask(_drained.Task);
    }

    private bool IsDrained_NeedsLock => _closed && _permitsHeld == 0 && !_awaitsPermit;

    private void SignalDrained(bool drained)
    {
        if (drained)
        {
            // Until here it looked for connections that do not come back.
            _timer.Dispose();
            _drained.TrySetResult();
        }
    }
}
