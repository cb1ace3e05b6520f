using Polly;
using Polly.Retry;

namespace PluginRuntime.Execution.Retrying;

/// <summary>The retry rule of this library for code that is no connector call.</summary>
public static class Retry
{
    private static readonly TimeSpan _longestRetryAfter = TimeSpan.FromDays(1);

    private static readonly ResiliencePipeline _default = Build(RetryOptions.Default, TimeProvider.System);

    /// <summary>Runs an operation, and runs it again after a delay while it fails with something that is worth a retry.</summary>
    /// <param name="operation">What to run. It has to be safe to run more than once. It gets <paramref name="cancellationToken"/>.</param>
    /// <param name="options">How; null for <see cref="RetryOptions.Default"/>.</param>
    /// <param name="timeProvider">The clock the delays run on; null for the system's.</param>
    /// <param name="cancellationToken">Ends the operation: no retry follows, and a delay stops at once.</param>
    /// <returns>What the first attempt that did not fail returned.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled before an attempt or during a delay.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <remarks>Any other failure is that of the last attempt, as it was thrown.</remarks>
    public static async ValueTask<T> ExecuteAsync<T>(
        Func<CancellationToken, ValueTask<T>> operation, RetryOptions? options = null, TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        options ??= RetryOptions.Default;
        timeProvider ??= TimeProvider.System;
        if (options.Validate(string.Empty) is [var error, ..])
        {
            throw new ArgumentOutOfRangeException(nameof(options), error.Detail);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (options.MaxRetries == 0)
        {
            // Polly has no retry of zero times.
            return await operation(cancellationToken).ConfigureAwait(false);
        }

        var isDefault = ReferenceEquals(options, RetryOptions.Default) && ReferenceEquals(timeProvider, TimeProvider.System);
        var pipeline = isDefault ? _default : Build(options, timeProvider);
        return await pipeline.ExecuteAsync(
            static (operation, token) => operation(token), operation, cancellationToken).ConfigureAwait(false);
    }

    private static ResiliencePipeline Build(RetryOptions options, TimeProvider timeProvider) =>
        new ResiliencePipelineBuilder { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                ShouldHandle = arguments => ValueTask.FromResult(ShouldRetry(options, arguments)),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(
                    Delay(options, arguments.AttemptNumber, arguments.Outcome.Exception)),
                OnRetry = arguments =>
                {
                    options.OnRetry?.Invoke(new(arguments.AttemptNumber, arguments.RetryDelay, arguments.Outcome.Exception!));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private static bool ShouldRetry(RetryOptions options, RetryPredicateArguments<object> arguments) =>
        arguments.Outcome.Exception is { } error
        && !arguments.Context.CancellationToken.IsCancellationRequested
        && (options.ShouldRetry ?? RetryOptions.IsTransient)(error);

    private static TimeSpan Delay(RetryOptions options, int retry, Exception? error)
    {
        var backoff = Backoff.Delay(retry, options.BaseDelay, options.MaxDelay, Random.Shared.NextDouble());
        if ((error as IHasRetryAfter)?.RetryAfter is not { } asked || asked <= backoff)
        {
            return backoff;
        }

        // Timers take some weeks at most: a senseless request must not become an error of ours.
        return asked < _longestRetryAfter ? asked : _longestRetryAfter;
    }
}
