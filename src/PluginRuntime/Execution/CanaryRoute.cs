namespace PluginRuntime.Execution;

/// <summary>A generation that gets a share of an instance's calls beside the live one.</summary>
internal sealed class CanaryRoute
{
    // 2^64 divided by the golden ratio: its multiples fall evenly into any part of the range, after a few calls as after many, and keep
    // step with no rhythm that callers may have.
    private const ulong _step = 11_400_714_819_323_198_485;

    private ulong _place;
    private ulong _limit;

    internal CanaryRoute(Generation generation, double share)
    {
        Generation = generation;
        SetShare(share);
    }

    internal Generation Generation { get; }

    /// <param name="share">Above 0, at most 1.</param>
    internal void SetShare(double share) => Volatile.Write(ref _limit, share >= 1 ? ulong.MaxValue : (ulong)(share * ulong.MaxValue));

    /// <summary>
    /// Whether a call is one of the share. None is while the generation's breaker is open, nor one of an action that it does not have.
    /// </summary>
    internal bool Takes(string action) =>
        Interlocked.Add(ref _place, _step) <= Volatile.Read(ref _limit)
        && Generation.Breaker.State == BreakerState.Closed
        && Generation.Actions.ContainsKey(action);
}
