namespace PluginRuntime.Execution.Retrying;

/// <summary>How long to wait before a retry: exponential, capped, and spread over the whole span from half the base to the cap.</summary>
/// <remarks>
/// <para>Laws, with <c>upper(n) = min(cap, base · 2^n)</c>: a delay lies in <c>[base/2, upper(n))</c> and never above the cap;
/// <c>upper</c> never falls as n grows; a delay grows with the random number; no n overflows.</para>
/// <para>The cap is applied before the draw. Capping afterwards sends nearly every client that failed often enough to exactly the cap,
/// so that those whom one outage stopped come back in one wave; drawing below the cap keeps them apart. Half the base as the lower end,
/// in place of zero, keeps a retry from following at once. The shape is known as full jitter, from work on contention by clients
/// that back off together.</para>
/// </remarks>
public static class Backoff
{
    /// <summary>The delay before one retry.</summary>
    /// <param name="retry">Which retry: 0 for the first. Any size is fine.</param>
    /// <param name="baseDelay">The upper end for the first retry; zero gives no delay at all.</param>
    /// <param name="maxDelay">The cap. One below half of <paramref name="baseDelay"/> is the delay itself.</param>
    /// <param name="random">A number drawn evenly from [0, 1), as <see cref="Random.NextDouble"/> gives it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative, or <paramref name="random"/> is not in [0, 1).</exception>
    public static TimeSpan Delay(int retry, TimeSpan baseDelay, TimeSpan maxDelay, double random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retry);
        ArgumentOutOfRangeException.ThrowIfLessThan(baseDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDelay, TimeSpan.Zero);
        if (random is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(random), random, "A number in [0, 1) is accepted.");
        }

        var upper = Upper(retry, baseDelay.Ticks, maxDelay.Ticks);
        var lower = Math.Min(baseDelay.Ticks / 2, upper);
        return TimeSpan.FromTicks(lower + (long)((upper - lower) * random));
    }

    private static long Upper(int retry, long baseTicks, long maxTicks)
    {
        if (baseTicks == 0)
        {
            return 0;
        }

        // A long shifts by at most 63; comparing the base with the shifted cap, and not the other way round, cannot overflow.
        return retry > 62 || baseTicks > maxTicks >> retry ? maxTicks : baseTicks << retry;
    }
}
