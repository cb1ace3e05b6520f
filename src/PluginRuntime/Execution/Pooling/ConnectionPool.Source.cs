namespace PluginRuntime.Execution.Pooling;

/// <summary>Opening, checking and closing: everything that calls the source, each in its own task with no lock held.</summary>
internal sealed partial class ConnectionPool
{
    private readonly List<PooledConnection> _open = [];
    private long _rentsOfClosed;
    private long _opened;
    private long _openFailures;
    private long _checkFailures;
    private long _closedCount;
    private long _closeFailures;
    private string? _lastError;

    // Work is queued rather than started here, since the lock is held, and without the flow of whoever happens to hold it.
    private void StartOpen_NeedsLock()
    {
        _total++;
        _permitsHeld++;
        _opening++;
        _pace.Started();
        ThreadPool.UnsafeQueueUserWorkItem(static pool => _ = pool.OpenAsync(), this, preferLocal: false);
    }

    private void StartCheck_NeedsLock(PooledConnection entry)
    {
        _checking++;
        ThreadPool.UnsafeQueueUserWorkItem(static entry => _ = entry.Owner.CheckAsync(entry), entry, preferLocal: false);
    }

    private void StartClose_NeedsLock(PooledConnection entry)
    {
        _permits.Budget.Leave();
        QueueClose_NeedsLock(entry);
    }

    /// <summary>Closes a connection that counts as leaving.</summary>
    private void QueueClose_NeedsLock(PooledConnection entry)
    {
        _closing++;
        ThreadPool.UnsafeQueueUserWorkItem(static entry => _ = entry.Owner.CloseAsync(entry), entry, preferLocal: false);
    }

    /// <summary>Opens one connection, for whoever is first in the queue when it is there: callers may come and go meanwhile.</summary>
    private async Task OpenAsync()
    {
        object connection;
        try
        {
            connection = await _source.OpenAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            OpenFailed(error);
            return;
        }

        var after = default(Aftermath);
        using (_lock.Enter())
        {
            ReadClock_NeedsLock();
            _opening--;
            _opened++;
            _pace.Succeeded(_opening, _now);
            _permits.LastOpeningFailed = false;
            _openFailure = null;
            var entry = new PooledConnection(this, connection, _now, ExpiresAt(_now));
            _open.Add(entry);
            Settle_NeedsLock(entry, ref after);
            Supply_NeedsLock(ref after);
        }

        after.Run();
    }

    private void OpenFailed(Exception error)
    {
        var after = default(Aftermath);
        TaskCompletionSource? minimum = null;
        using (_lock.Enter())
        {
            ReadClock_NeedsLock();
            _opening--;
            _total--;
            if (!_closed)
            {
                // A close cancels openings: those are no failures.
                _openFailures++;
                _lastError = error.Message;
                (minimum, _minimum) = (_minimum, null);
                _pace.Failed(_now);
                _permits.LastOpeningFailed = true;
                _openFailure = Template(error);
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
        if (minimum?.TrySetException(error) == true)
        {
            // The caller may have given up by now; then nobody else looks at it, and it is counted above.
            _ = minimum.Task.Exception;
        }

        ReleasePermit(hadLeft: false);
    }

    private async Task CheckAsync(PooledConnection entry)
    {
        string? failure = null;
        try
        {
            var health = await _source.CheckAsync(entry.Connection, _stopping.Token).ConfigureAwait(false);
            failure = health.IsHealthy ? null : health.Detail ?? "The check found the connection broken.";
        }
        catch (Exception error)
        {
            failure = error.Message;
        }

        var after = default(Aftermath);
        using (_lock.Enter())
        {
            ReadClock_NeedsLock();
            _checking--;
            if (failure is null)
            {
                entry.Checked_NeedsLock(_now);
                Settle_NeedsLock(entry, ref after);
            }
            else
            {
                if (!_closed)
                {
                    _checkFailures++;
                    _lastError = failure;
                }

                StartClose_NeedsLock(entry);
            }

            Supply_NeedsLock(ref after);
        }

        after.Run();
    }

    private async Task CloseAsync(PooledConnection entry)
    {
        string? failure = null;
        try
        {
            await _source.CloseAsync(entry.Connection, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = error.Message;
        }

        var after = default(Aftermath);
        using (_lock.Enter())
        {
            ReadClock_NeedsLock();
            _closing--;
            _total--;
            _closedCount++;
            _open.Remove(entry);
            _rentsOfClosed += entry.Usages;
            if (failure is not null)
            {
                _closeFailures++;
                _lastError = failure;
            }

            Supply_NeedsLock(ref after);
        }

        after.Run();
        ReleasePermit(hadLeft: true);
    }

    /// <summary>
    /// Gives a permit back after the pool has counted the connection out: so the pool's own callers wait for the permit by then, in
    /// their place among those of other pools.
    /// </summary>
    private void ReleasePermit(bool hadLeft)
    {
        _permits.Release(hadLeft);
        var after = default(Aftermath);
        bool drained;
        using (_lock.Enter())
        {
            _permitsHeld--;
            Supply_NeedsLock(ref after);
            drained = IsDrained_NeedsLock;
        }

        after.Run();
        SignalDrained(drained);
    }
}
