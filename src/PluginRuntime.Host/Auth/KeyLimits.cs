using System.Threading.RateLimiting;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Settings;

namespace PluginRuntime.Host.Auth;

/// <summary>How much one key may send: requests in a second, saved up for one second, and requests at a time. What needs no key is not counted.</summary>
internal static class KeyLimits
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(1);

    internal static void Add(IServiceCollection services, HostSettings settings) => services.AddRateLimiter(options =>
    {
        options.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            ByKey(settings.KeyConcurrency, key => RateLimitPartition.GetConcurrencyLimiter(
                key, _ => new ConcurrencyLimiterOptions { PermitLimit = settings.KeyConcurrency })),
            ByKey(settings.KeyRate, key => RateLimitPartition.GetTokenBucketLimiter(
                key, _ => new TokenBucketRateLimiterOptions { TokenLimit = settings.KeyRate, TokensPerPeriod = settings.KeyRate, ReplenishmentPeriod = _period })));
        options.OnRejected = (rejected, _) => new ValueTask(Problem.WriteAsync(
            rejected.HttpContext,
            rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                ? new LimitExceededException($"The key has sent more than {settings.KeyRate} requests in a second.", wait)
                : new LimitExceededException($"The key has {settings.KeyConcurrency} requests under way; no more are taken at a time.", null)));
    });

    /// <param name="limit">0 for none.</param>
    /// <param name="limiterOf">The limiter of a key's id.</param>
    private static PartitionedRateLimiter<HttpContext> ByKey(int limit, Func<string, RateLimitPartition<string>> limiterOf) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => limit > 0 && context.Features.Get<ShownKey>() is { } shown
            ? limiterOf(shown.Key.Id)
            : RateLimitPartition.GetNoLimiter(""));
}
