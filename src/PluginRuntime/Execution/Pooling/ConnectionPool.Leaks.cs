using System.Diagnostics;

namespace PluginRuntime.Execution.Pooling;

/// <summary>Connections that do not come back.</summary>
internal sealed partial class ConnectionPool
{
    private long _leaks;

    /// <summary>
    /// Ends a rent whose borrower has lost it. The connection is closed, as somebody may still use it, and the rent counts as a leak.
    /// </summary>
    public void Abandon(Rental rental)
    {
        PendingLeak? leak = null;
        var after = default(Aftermath);
        using (_lock.Enter())
        {
            var entry = rental.Entry;
            var (borrower, since) = (entry.Borrower, entry.RentedAt);
            if (TryEndRent_NeedsLock(rental))
            {
                if (entry.TryReport_NeedsLock())
                {
                    _leaks++;
                    leak = new(borrower, since, IsAbandoned: true);
                }

                StartClose_NeedsLock(entry);
                Supply_NeedsLock(ref after);
            }
        }

        after.Run();
        if (leak is { } found && _leakWatch.Report is not null)
        {
            // The finaliser's thread is where this comes from: it is not for other people's code.
            ThreadPool.UnsafeQueueUserWorkItem(static leak => leak.Pool.Report(leak.Found), (Pool: this, Found: found), preferLocal: false);
        }
    }

    private List<PendingLeak>? FindLeaks_NeedsLock()
    {
        List<PendingLeak>? leaks = null;
        if (InUse_NeedsLock > 0)
        {
            foreach (var entry in _open)
            {
                if (entry.InUse && _now - entry.RentedAt >= _leakWatch.After && entry.TryReport_NeedsLock())
                {
                    _leaks++;
                    (leaks ??= []).Add(new(entry.Borrower, entry.RentedAt, IsAbandoned: false));
                }
            }
        }

        return leaks;
    }

    /// <summary>Turns a stack into text only here: that takes longer than many calls.</summary>
    private void Report(PendingLeak leak) => _leakWatch.Report?.Invoke(new(
        _instance,
        leak.Borrower as string ?? (leak.Borrower is null ? "call" : "lease"),
        _startedAt + leak.Since,
        (leak.Borrower as StackTrace)?.ToString(),
        leak.IsAbandoned));

    private readonly record struct PendingLeak(object? Borrower, TimeSpan Since, bool IsAbandoned);
}
