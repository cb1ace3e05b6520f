namespace PluginRuntime.Health;

/// <summary>Whether an instance counts as healthy, with hysteresis: one odd check changes nothing.</summary>
/// <param name="options">How many in a row it takes.</param>
internal sealed class Verdict(HealthOptions options)
{
    private int _failures;
    private int _successes;

    internal bool IsHealthy { get; private set; } = true;

    /// <summary>Whether the last observation was a failure.</summary>
    internal bool IsInDoubt => _failures > 0;

    /// <returns>Whether the verdict changed.</returns>
    internal bool Observe(bool isGood)
    {
        (_failures, _successes) = isGood ? (0, _successes + 1) : (_failures + 1, 0);
        var isHealthy = IsHealthy ? _failures < options.FailureThreshold : _successes >= options.SuccessThreshold;
        var changed = isHealthy != IsHealthy;
        IsHealthy = isHealthy;
        return changed;
    }
}
