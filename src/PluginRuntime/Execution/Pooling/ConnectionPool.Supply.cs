using PluginRuntime.Sdk;

namespace PluginRuntime.Execution.Pooling;

/// <summary>What waiting callers and the minimum get: idle connections, openings, permits; and what other pools get.</summary>
internal sealed partial class ConnectionPool
{
    private readonly OpeningPace _pace;
    private int _total;
    private int _opening;
    private int _checking;
    private int _closing;
    private int _permitsHeld;
    private bool _awaitsPermit;
    private bool _awaitsAsEmpty;
    private TaskCompletionSource? _minimum;

    /// <summary>What the last opening said, as long as they fail; a template that is never thrown itself.</summary>
    private ConnectorFailedException? _openFailure;

    /// <summary>
    /// Opens the configured minimum, 4 at a time. Ends with fewer when no permit is left for them; the rest follow by themselves as
    /// permits come free. The first failure stops it; what was opened by then stays.
    /// </summary>
    /// <exception cref="PluginRuntimeException">Opening one failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up, or the pool was closed.</exception>
    public async Task OpenMinimumAsync(CancellationToken cancellationToken)
    {
        var after = default(Aftermath);
        TaskCompletionSource minimum;
        using (_lock.Enter())
        {
            minimum = _minimum ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_closed)
            {
                minimum.TrySetCanceled(CancellationToken.None);
            }
            else
            {
                _minimum = minimum;
                ReadClock_NeedsLock();
                _pace.Resume();
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
        await minimum.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The permit that <see cref="Supply_NeedsLock"/> waited for. It may meet a pool that closed or no longer needs it.</summary>
    void IPermitWaiter.PermitGranted()
    {
        var after = default(Aftermath);
        bool keep;
        using (_lock.Enter())
        {
            keep = !_closed && Unserved_NeedsLock > 0 && MayOpen_NeedsLock;
            if (keep)
            {
                _awaitsPermit = false;
                StartOpen_NeedsLock();
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
        if (keep)
        {
            return;
        }

        // Back first, and only then no longer awaited: a pool counts as drained when no permit is on its way either.
        _permits.Release(hadLeft: false);
        after = default;
        bool drained;
        using (_lock.Enter())
        {
            _awaitsPermit = false;

            // Whoever came to wait while the permit was on its way back relied on it.
            Supply_NeedsLock(ref after);
            drained = IsDrained_NeedsLock;
        }

        after.Run();
        SignalDrained(drained);
    }

    IdleSpare? IPermitWaiter.FindSpare()
    {
        using (_lock.Enter())
        {
            return _idle.First is { } entry ? new IdleSpare(SpareRank_NeedsLock(Usable_NeedsLock), _startedAt + entry.LastUsedAt) : null;
        }
    }

    void IPermitWaiter.CloseSpare()
    {
        using (_lock.Enter())
        {
            if (_idle.First is { } entry && TryGiveWay_NeedsLock(long.MaxValue, Usable_NeedsLock))
            {
                _window.Forget(1);
                TakeFirstIdle_NeedsLock();
                QueueClose_NeedsLock(entry);
            }
        }
    }

    private bool MayOpen_NeedsLock => _total < _options.Size && _pace.MayStart(_opening, _now);

    /// <summary>How many waiting callers have nothing under way that will serve them or fail them.</summary>
    private int Unserved_NeedsLock => _waiters.Count - _opening - _checking;

    /// <summary>The connections that serve callers now or soon. One that is opening may fail, and does not count.</summary>
    private int Usable_NeedsLock => _open.Count - _closing;

    private int InUse_NeedsLock => Usable_NeedsLock - _idle.Count - _checking;

    /// <summary>Whether callers fail at once, with the last opening's failure: there is no connection, and the next opening has to wait.</summary>
    private bool IsStarved_NeedsLock => _pace.FailuresInARow > 0 && _opening == 0 && Usable_NeedsLock == 0 && _pace.IsBackingOff(_now);

    /// <summary>
    /// Starts whatever waiting callers need and may have: a connection that is idle, the check of one that was idle for long, an
    /// opening, or the wait for a permit; or fails them. Then openings towards the minimum, out of permits that nobody waits for.
    /// </summary>
    private void Supply_NeedsLock(ref Aftermath after)
    {
        if (_closed)
        {
            return;
        }

        // Openings under way do not count here: one may hang while an idle connection needs a check only.
        while (_waiters.Count > _checking && _idle.First is { } entry)
        {
            TakeFirstIdle_NeedsLock();
            if (IsFresh_NeedsLock(entry))
            {
                Settle_NeedsLock(entry, ref after);
            }
            else
            {
                StartCheck_NeedsLock(entry);
            }
        }

        while (Unserved_NeedsLock > 0 && MayOpen_NeedsLock && TryGetPermit_NeedsLock(ref after))
        {
            StartOpen_NeedsLock();
        }

        if (Unserved_NeedsLock <= 0 || !MayOpen_NeedsLock)
        {
            ForgetPermit_NeedsLock();
        }

        while (LacksMinimum_NeedsLock && MayOpen_NeedsLock && _permits.TryTake())
        {
            StartOpen_NeedsLock();
        }

        while (IsStarved_NeedsLock && _waiters.First is { } waiter)
        {
            Dismiss_NeedsLock(waiter, Copy(_openFailure!), ref after);
        }

        var pauseEnd = _pace.PauseEnd(_now);
        if (pauseEnd is { } end)
        {
            // Whoever waits may rely on it.
            Arm_NeedsLock(end);
        }

        if (_opening == 0 && !(LacksMinimum_NeedsLock && pauseEnd is not null))
        {
            // Reached, or no permit is left for more. A failure has ended it before.
            _minimum?.TrySetResult();
            _minimum = null;
        }
    }

    private bool LacksMinimum_NeedsLock => _total - _closing < _min;

    private bool TryGetPermit_NeedsLock(ref Aftermath after)
    {
        // The permit is for the first caller whom nothing under way will serve.
        var waiter = _waiters.First!;
        for (var served = _opening + _checking; served > 0; served--)
        {
            waiter = waiter.Next!;
        }

        var isEmpty = _total == _closing;
        var asks = !_awaitsPermit || isEmpty != _awaitsAsEmpty;
        _awaitsAsEmpty = isEmpty;
        if (_awaitsPermit)
        {
            _permits.Renew(this, waiter.Place, isEmpty);
        }
        else
        {
            _awaitsPermit = !_permits.TryTakeOrWait(this, waiter.Place, isEmpty);
        }

        if (_awaitsPermit && asks && _permits.Budget.UnmetPlace != long.MaxValue)
        {
            after.MakeRoomIn(_permits.Budget);
        }

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

    /// <summary>Whether a connection goes, to make room for a caller of another pool who came before this pool's next. Then it is leaving.</summary>
    /// <param name="nextPlace">The place of this pool's next caller.</param>
    /// <param name="usable">How many usable connections there are, with this one.</param>
    private bool TryGiveWay_NeedsLock(long nextPlace, int usable)
    {
        // The first look is all that returning a connection costs where the budget is not full.
        var budget = _permits.Budget;
        return budget.UnmetPlace < nextPlace && budget.TryLeave(nextPlace, SpareRank_NeedsLock(usable) == SpareRank.Surplus);
    }

    private SpareRank SpareRank_NeedsLock(int usable) =>
        usable > _min ? SpareRank.Surplus : usable > 1 ? SpareRank.OneOfSeveral : SpareRank.TheLast;

    /// <summary>A failure of its own for each caller: throwing one object on many threads would mix up its stack trace.</summary>
    private static ConnectorFailedException Copy(ConnectorFailedException failure) =>
        new(failure.Instance, failure.Kind, failure.Message, failure.RetryAfter, wasSent: false);

    private ConnectorFailedException Template(Exception error) => error is ConnectorFailedException failure
        ? Copy(failure)
        : new(_instance, ConnectorErrorKind.Unavailable, error.Message, null, wasSent: false);
}
