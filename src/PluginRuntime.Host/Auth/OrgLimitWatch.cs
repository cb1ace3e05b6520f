using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>What orgs may send, as the database said a moment ago: calls do not wait for it. While it cannot be read what is known holds.</summary>
internal sealed class OrgLimitWatch(KeyStore store, OrgQuotas quotas, TimeProvider timeProvider, ILogger<OrgLimitWatch> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile IReadOnlyDictionary<string, GivenLimits> _given = new Dictionary<string, GivenLimits>();
    private bool _isAway;

    internal OrgLimits Of(string org) => quotas.LimitsOf(org, _given.GetValueOrDefault(org, GivenLimits.None));

    /// <summary>Looks now.</summary>
    internal async Task LookAsync()
    {
        try
        {
            _given = await store.GivenLimitsAsync();
            _isAway = false;
        }
        catch (StateException exception)
        {
            if (!_isAway)
            {
                logger.LimitsUnreadable(exception.Message);
            }

            _isAway = true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            do
            {
                await LookAsync();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
