using Microsoft.Extensions.Logging;

namespace PluginRuntime.Management;

/// <summary>Runs the calls of a batch, a few at a time, and keeps what comes of each to itself.</summary>
internal sealed class BatchCalls(DetachedCalls calls, ILogger logger)
{
    internal const int MaxParallel = 32;
    private const int MaxOutput = 1 << 30;

    internal async Task<IReadOnlyList<BatchResult>> RunAsync(
        IReadOnlyList<BatchItem> items, BatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallel, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Parallel, MaxParallel, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxOutputBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxOutputBytes, MaxOutput, nameof(options));
        var budget = new BatchBudget(options.MaxOutputBytes);
        var results = new BatchResult[items.Count];
        await Parallel.ForAsync(
            0,
            items.Count,
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken },
            async (index, token) => results[index] = await CallAsync(items[index], budget, token).ConfigureAwait(false)).ConfigureAwait(false);
        return results;
    }

    private async ValueTask<BatchResult> CallAsync(BatchItem item, BatchBudget budget, CancellationToken cancellationToken)
    {
        try
        {
            var output = await calls.InvokeAsync(item.Instance, item.Action, item.Input, item.Options, cancellationToken).ConfigureAwait(false);
            budget.Take(output.Length);
            return new(output, null);
        }
        catch (PluginRuntimeException problem)
        {
            return new(default, problem);
        }
        catch (Exception bug) when (bug is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.Unexpected(item.Instance, bug);
            return new(default, new HostBugException($"The host failed unexpectedly in a call of '{item.Action}' on '{item.Instance}'; its log has the details."));
        }
    }
}
