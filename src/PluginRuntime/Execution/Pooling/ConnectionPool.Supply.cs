using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution.Pooling;

/// <summary>Opening, checking and closing: everything that calls the source, each in its own task with no lock held.</summary>
internal sealed partial class ConnectionPool
{
    private const int _maxOpening = 4;

    private static readonly TimeSpan _checkAfterIdle = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _backoffBase = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _backoffCap = TimeSpan.FromSeconds(2);

    private readonly List<PooledConnection> _open = [];
    private int _total;
    private int _opening;
    private int _checking;
    private int _closing;
    private int _permitsHeld;
    private bool _awaitsPermit;
    private int _failuresInARow;
    private TimeSpan _fillAt;
    private TaskCompletionSource? _minimum;
    private long _opened;
    private long _openFailures;
    private long _checkFailures;
    private long _closedCount;
    private long _closeFailures;
    private string? _lastError;

    /// <summary>
    /// Opens the configured minimum, 4 at a time. Ends with fewer when the instance has no permit left for them; the rest follow by
    /// themselves as permits come free. The first failure stops it; what was opened by then stays.
    /// </summary>
    /// <exception cref="PluginRuntimeException">Opening one failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up, or the pool was closed.</exception>
    public async Task OpenMinimumAsync(CancellationToken cancellationToken)
    {
        var decided = default(WaiterChain);
        TaskCompletionSource minimum;
        lock (_lock)
        {
            minimum = _minimum ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_closed)
            {
                minimum.TrySetCanceled(CancellationToken.None);
            }
            else
            {
                _minimum = minimum;
                _failuresInARow = 0;
                _fillAt = TimeSpan.Zero;
                Supply_NeedsLock(ref decided);
            }
        }

        decided.CompleteAll();
        await minimum.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The permit that <see cref="Supply_NeedsLock"/> waited for. It may meet a pool that closed or no longer needs it.</summary>
    void IPermitWaiter.PermitGranted()
    {
        var decided = default(WaiterChain);
        bool keep;
        lock (_lock)
        {
            keep = !_closed && Unserved_NeedsLock > 0 && MayOpen_NeedsLock;
            if (keep)
            {
                _awaitsPermit = false;
                StartOpen_NeedsLock();
                Supply_NeedsLock(ref decided);
            }
        }

        decided.CompleteAll();
        if (keep)
        {
            return;
        }

        // Back first, and only then no longer awaited: a pool counts as drained when no permit is on its way either.
        _permits.Release();
        bool drained;
        lock (_lock)
        {
            _awaitsPermit = false;

            // Whoever came to wait while the permit was on its way back relied on it.
            Supply_NeedsLock(ref decided);
            drained = IsDrained_NeedsLock;
        }

        decided.CompleteAll();
        SignalDrained(drained);
    }

    private bool MayOpen_NeedsLock => _opening < _maxOpening && _total < _options.Size;

    /// <summary>How many waiting callers have nothing under way that will serve them or fail them.</summary>
    private int Unserved_NeedsLock => _waiters.Count - _opening - _checking;

    private bool IsDrained_NeedsLock => _closed && _permitsHeld == 0 && !_awaitsPermit;

    /// <summary>
    /// Starts whatever waiting callers need and may have: a connection that is idle, the check of one that was idle for long, an
    /// opening, or the wait for a permit. Then openings towards the minimum, out of permits that nobody waits for.
    /// </summary>
    private void Supply_NeedsLock(ref WaiterChain decided)
    {
        if (_closed)
        {
            return;
        }

        // Openings under way do not count here: one may hang while an idle connection needs a check only.
        while (_waiters.Count > _checking && _idle.First?.Value is { } entry)
        {
            TakeIdle_NeedsLock(entry);
            if (IsFresh_NeedsLock(entry))
            {
                Settle_NeedsLock(entry, ref decided);
            }
            else
            {
                StartCheck_NeedsLock(entry);
            }
        }

        while (Unserved_NeedsLock > 0 && MayOpen_NeedsLock && TryGetPermit_NeedsLock())
        {
            StartOpen_NeedsLock();
        }

        if (Unserved_NeedsLock <= 0 || !MayOpen_NeedsLock)
        {
            ForgetPermit_NeedsLock();
        }

        while (MayFill_NeedsLock && _permits.TryTake())
        {
            StartOpen_NeedsLock();
        }

        if (_opening == 0)
        {
            // Reached, or no permit is left for more. A failure has ended it before.
            _minimum?.TrySetResult();
            _minimum = null;
        }
    }

    /// <summary>Whether an opening towards the minimum may start. While they fail there is one at a time, after a backoff.</summary>
    private bool MayFill_NeedsLock =>
        _total - _closing < _min && MayOpen_NeedsLock && _fillAt <= _now && (_failuresInARow == 0 || _opening == 0);

    private bool TryGetPermit_NeedsLock()
    {
        // The permit is for the first caller whom nothing under way will serve.
        var waiter = _waiters.First!;
        for (var served = _opening + _checking; served > 0; served--)
        {
            waiter = waiter.Next!;
        }

        if (_awaitsPermit)
        {
            _permits.Renew(this, waiter.Value.Place);
            return false;
        }

        _awaitsPermit = !_permits.TryTakeOrWait(this, waiter.Value.Place);
        return !_awaitsPermit;
    }

    private void ForgetPermit_NeedsLock()
    {
        // When the grant is on its way already the pool goes on awaiting it, and gives it back when it comes.
        if (_awaitsPermit && _permits.Forget(this))
        {
            _awaitsPermit = false;
        }
    }

    // Work is queued rather than started here, since the lock is held, and without the flow of whoever happens to hold it.
    private void StartOpen_NeedsLock()
    {
        _total++;
        _permitsHeld++;
        _opening++;
        ThreadPool.UnsafeQueueUserWorkItem(static pool => _ = pool.OpenAsync(), this, preferLocal: false);
    }

    private void StartCheck_NeedsLock(PooledConnection entry)
    {
        _checking++;
        ThreadPool.UnsafeQueueUserWorkItem(static entry => _ = entry.Owner.CheckAsync(entry), entry, preferLocal: false);
    }

    private void StartClose_NeedsLock(PooledConnection entry)
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

        var decided = default(WaiterChain);
        lock (_lock)
        {
            _now = Now();
            _opening--;
            _opened++;
            _failuresInARow = 0;
            var entry = new PooledConnection(this, connection, _now, ExpiresAt(_now));
            _open.Add(entry);
            Settle_NeedsLock(entry, ref decided);
            Supply_NeedsLock(ref decided);
        }

        decided.CompleteAll();
    }

    private void OpenFailed(Exception error)
    {
        var decided = default(WaiterChain);
        TaskCompletionSource? minimum = null;
        lock (_lock)
        {
            _now = Now();
            _opening--;
            _total--;
            if (!_closed)
            {
                // A close cancels openings: those are no failures.
                _openFailures++;
                _lastError = error.Message;
                (minimum, _minimum) = (_minimum, null);
                BackOff_NeedsLock();
                if (_waiters.First?.Value is { } waiter)
                {
                    Decide_NeedsLock(waiter, null, error, ref decided);
                }

                Supply_NeedsLock(ref decided);
            }
        }

        decided.CompleteAll();
        if (minimum?.TrySetException(error) == true)
        {
            // The caller may have given up by now; then nobody else looks at it, and it is counted above.
            _ = minimum.Task.Exception;
        }

        ReleasePermit();
    }

    private void BackOff_NeedsLock()
    {
        if (_now < _fillAt)
        {
            // One of several that were under way together: that round has backed off already.
            return;
        }

        _fillAt = _now + Backoff.Delay(_failuresInARow++, _backoffBase, _backoffCap, Random.Shared.NextDouble());
        Arm_NeedsLock(_fillAt);
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

        var decided = default(WaiterChain);
        lock (_lock)
        {
            _now = Now();
            _checking--;
            if (failure is null)
            {
                Settle_NeedsLock(entry, ref decided);
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

            Supply_NeedsLock(ref decided);
        }

        decided.CompleteAll();
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

        var decided = default(WaiterChain);
        lock (_lock)
        {
            _now = Now();
            _closing--;
            _total--;
            _closedCount++;
            _open.Remove(entry);
            if (failure is not null)
            {
                _closeFailures++;
                _lastError = failure;
            }

            Supply_NeedsLock(ref decided);
        }

        decided.CompleteAll();
        ReleasePermit();
    }

    /// <summary>
    /// Gives a permit back after the pool has counted the connection out: so the pool's own callers wait for the permit by then, in
    /// their place among those of other pools.
    /// </summary>
    private void ReleasePermit()
    {
        _permits.Release();
        var decided = default(WaiterChain);
        bool drained;
        lock (_lock)
        {
            _permitsHeld--;
            Supply_NeedsLock(ref decided);
            drained = IsDrained_NeedsLock;
        }

        decided.CompleteAll();
        SignalDrained(drained);
    }

    private void SignalDrained(bool drained)
    {
        if (drained)
        {
            _drained.TrySetResult();
        }
    }
}
