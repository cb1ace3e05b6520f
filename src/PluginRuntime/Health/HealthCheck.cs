using PluginRuntime.Execution;

namespace PluginRuntime.Health;

/// <summary>Checks a generation through one of its connections.</summary>
internal static class HealthCheck
{
    /// <returns>What was found. Only the caller's cancellation is thrown.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal static async Task<HealthReport> RunAsync(Generation generation, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var error = await CheckAsync(generation, timeProvider, cancellationToken).ConfigureAwait(false);
        var elapsed = timeProvider.GetElapsedTime(start).TotalMilliseconds;
        return new(error is null, error is null ? "healthy" : "unhealthy", Math.Round(elapsed, 3), error, timeProvider.GetUtcNow());
    }

    private static async Task<string?> CheckAsync(Generation generation, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(generation.Settings.HealthTimeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (await generation.Pool.RentAsync(linked.Token).ConfigureAwait(false) is not { } rental)
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
