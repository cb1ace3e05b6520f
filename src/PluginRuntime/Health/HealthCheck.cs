using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Health;

/// <summary>Checks a generation through one of its connections.</summary>
internal static class HealthCheck
{
    /// <summary>Checks, waiting for a connection like a call.</summary>
    /// <returns>What was found. Only the caller's cancellation is thrown.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal static Task<HealthReport> RunAsync(Generation generation, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        RunAsync(generation, spare: null, timeProvider, cancellationToken);

    /// <summary>Checks, unless every connection is needed by calls.</summary>
    /// <returns>Null when none could be spared.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal static async Task<HealthReport?> TryRunAsync(Generation generation, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var spare = generation.Pool.TryRentSpare();
        var pool = generation.Pool.GetStatistics();

        // Below its size, or where there is but one connection and nobody uses it, it opens or waits for one like a call.
        return spare is not null || pool.Total < pool.Size || pool is { Size: 1, Idle: 1 }
            ? await RunAsync(generation, spare, timeProvider, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private static async Task<HealthReport> RunAsync(
        Generation generation, Rental? spare, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var error = await CheckAsync(generation, spare, timeProvider, cancellationToken).ConfigureAwait(false);
        var elapsed = timeProvider.GetElapsedTime(start).TotalMilliseconds;
        return new(error is null, error is null ? "healthy" : "unhealthy", Math.Round(elapsed, 3), error, timeProvider.GetUtcNow());
    }

    private static async Task<string?> CheckAsync(
        Generation generation, Rental? spare, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(generation.Settings.HealthTimeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if ((spare ?? await generation.Pool.RentAsync("health check", linked.Token).ConfigureAwait(false)) is not { } rental)
            {
                return "The version is being replaced.";
            }

            var isGood = false;
            try
            {
                var health = await generation.Border.CheckAsync(rental.Connection, linked.Token).ConfigureAwait(false);
                isGood = health.IsHealthy;
                return isGood ? null : health.Detail ?? "The connector says that it is not healthy.";
            }
            finally
            {
                if (isGood)
                {
                    generation.Pool.Return(rental);
                }
                else
                {
                    generation.Pool.Drop(rental);
                }
            }
        }
        catch (PluginRuntimeException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The check did not end within {generation.Settings.HealthTimeout.TotalSeconds:0.###} s.";
        }
    }
}
