using PluginRuntime.Management;

namespace PluginRuntime.Host.Authorizations;

/// <summary>Deletes authorizations that nobody completed in time.</summary>
internal sealed class AuthorizationSweep(AuthorizationStore store, TimeProvider timeProvider, ILogger<AuthorizationSweep> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await store.PurgeAsync();
        }
        catch (StateException exception)
        {
            logger.AuthorizationsUnswept(exception.Message);
        }
    }
}
