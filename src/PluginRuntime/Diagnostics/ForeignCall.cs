namespace PluginRuntime.Diagnostics;

/// <summary>
/// Calls foreign code that may block, hang or ignore its token, and comes back in time whatever it does. For hooks and openings; the
/// call path has a cheaper way of its own.
/// </summary>
internal static class ForeignCall
{
    /// <summary>How long foreign code gets to react to its token before it is left to itself.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs <paramref name="call"/> on a thread of the pool.</summary>
    /// <param name="call">The foreign code; its exception passes through to the caller, who has to turn it into text.</param>
    /// <param name="deadline">After this its token is cancelled; <see cref="Grace"/> later it is abandoned.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">The caller gives up: the same, right away.</param>
    /// <exception cref="ForeignTimeoutException">The deadline passed and the code did not end, or ended by its token.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal static async Task<T> RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, TimeSpan deadline, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(deadline, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var foreign = new ForeignCancellation(linked.Token);
        Task<T> running;
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            running = Task.Run(() => call(foreign.Token).AsTask(), CancellationToken.None);
        }

        try
        {
            await running.WaitAsync(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            await Task.WhenAny(running, Task.Delay(Grace, timeProvider, CancellationToken.None)).ConfigureAwait(false);
            if (!running.IsCompleted)
            {
                Observe(running);
                cancellationToken.ThrowIfCancellationRequested();
                throw new ForeignTimeoutException(deadline, abandoned: true);
            }
        }
        catch (Exception) when (running.IsCompleted)
        {
            // Its own failure: thrown below.
        }

        // What ended on a thread of the foreign code must not make it the caller's.
        await PoolThread.EnterAsync();
        var timedOut = timeout.IsCancellationRequested;
        if (running.IsCanceled || (running.IsFaulted && running.Exception.InnerException is OperationCanceledException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (timedOut)
            {
                throw new ForeignTimeoutException(deadline, abandoned: false);
            }
        }

        return await running.ConfigureAwait(false);
    }

    /// <summary>Marks a task's failure as seen without keeping it: an abandoned call ends when and how it likes.</summary>
    internal static void Observe(Task task) =>
        task.ContinueWith(
            static ended => _ = ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
