using PluginRuntime.Sdk;

namespace PluginRuntime.Credentials;

/// <summary>An access token and its times.</summary>
/// <param name="Value">The token.</param>
/// <param name="ExpiresAt">Its end; null when none is known.</param>
/// <param name="RefreshAt">From when on another one is fetched while this one still serves.</param>
internal sealed record AccessToken(Secret Value, DateTimeOffset? ExpiresAt, DateTimeOffset? RefreshAt)
{
    private static readonly TimeSpan _longestHeadStart = TimeSpan.FromMinutes(5);

    /// <param name="value">The token.</param>
    /// <param name="expiresAt">Its end; null when none is known.</param>
    /// <param name="now">When it was got.</param>
    /// <param name="random">From [0, 1): instances that started together do not refresh together.</param>
    internal static AccessToken Create(string value, DateTimeOffset? expiresAt, DateTimeOffset now, double random)
    {
        if (expiresAt is not { } end || end <= now)
        {
            return new(new(value), expiresAt, expiresAt);
        }

        // 10 to 20 % of its life, at most five minutes: the jitter comes after the cap, or all long-lived ones would share one head start.
        var fifth = (end - now) / 5;
        var headStart = (fifth < _longestHeadStart ? fifth : _longestHeadStart) * ((1 + random) / 2);
        return new(new(value), end, end - headStart);
    }

    internal bool IsExpiredAt(DateTimeOffset now) => ExpiresAt <= now;
}
