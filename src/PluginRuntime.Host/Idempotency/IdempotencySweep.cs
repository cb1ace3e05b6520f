using PluginRuntime.Management;

namespace PluginRuntime.Host.Idempotency;

/// <summary>Deletes answers that are kept no longer, a few at a time.</summary>
internal sealed class IdempotencySweep(IdempotencyStore store, TimeProvider timeProvider, ILogger<IdempotencySweep> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await store.PurgeAsync() == IdempotencyStore.PurgedAtOnce && !stoppingToken.IsCancellationRequested)
            {
                // Other statements come in between.
            }
        }
        catch (StateException exception)
        {
            logger.AnswersUnswept(exception.Message);
        }
    }
}
