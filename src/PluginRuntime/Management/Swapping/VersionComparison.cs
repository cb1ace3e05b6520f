using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>
/// Finds what speaks against a version, by comparing its attempts with those of the version that it replaces, action by action: callers may
/// ask the two for different things.
/// </summary>
internal static class VersionComparison
{
    private const double _points = 0.2;

    // Defects: so many calls say something, when the version before had hardly any in its own.
    private const int _firstCalls = 5;
    private const int _callsBefore = 20;
    private const double _rareBefore = 0.05;

    // Or a single one, when the version before had none in so many times as many calls: by chance that happens to one good version in 250
    // at most, however often calls bring a defect to light.
    private const int _times = 100;

    private const double _slower = 5;
    private static readonly TimeSpan _slowerBy = TimeSpan.FromMilliseconds(5);

    /// <summary>More failures than the version before would have had.</summary>
    /// <param name="next">The version in question.</param>
    /// <param name="before">The one to compare with, lately.</param>
    /// <param name="life">The same, since it is live.</param>
    /// <param name="calls">How many calls of an action make a sample.</param>
    /// <param name="few">How many calls of all actions do.</param>
    /// <returns>A sentence; null when there is nothing to say.</returns>
    internal static string? FindFault(VersionSample next, VersionSample before, VersionSample life, int calls, int few)
    {
        var expected = 0.0;
        foreach (var (action, sample) in next.Actions)
        {
            var earlier = before[action];
            var rate = earlier.All > 0 ? earlier.FaultRate : before.All.FaultRate;
            if (FailsAtOnce(sample, earlier) || HasNewDefect(sample, life[action]))
            {
                return $"{sample.Defects} of its first {sample.All} calls of '{action}' failed by its own fault; of the version before it were {life[action].Defects} of {life[action].All}.";
            }

            if (sample.All >= calls && sample.FaultRate - rate >= _points - 1e-9)
            {
                return FormattableString.Invariant($"{sample.Faults} of {sample.All} calls of '{action}' failed; of the version before it was {rate:P0}.");
            }

            expected += sample.All * rate;
        }

        var all = next.All;
        return all.All >= few && all.Faults - expected >= (_points * all.All) - 1e-9
            ? FormattableString.Invariant($"{all.Faults} of {all.All} calls failed; of the version before it was {expected / all.All:P0}.")
            : null;
    }

    /// <summary>
    /// An action that takes five times as long, and at least 5 ms longer. The quartiles all have to: where an answer is sometimes quick and
    /// sometimes slow, another mix of the two alone moves the median that far.
    /// </summary>
    /// <returns>A sentence; null when there is nothing to say.</returns>
    internal static string? FindSlowness(VersionSample next, VersionSample before, int calls)
    {
        foreach (var (action, sample) in next.Actions)
        {
            var earlier = before[action];
            if (sample.Successes >= calls && earlier.Successes >= _callsBefore && IsSlower(sample, earlier, 0.25) && IsSlower(sample, earlier, 0.5) && IsSlower(sample, earlier, 0.75))
            {
                return FormattableString.Invariant(
                    $"Half of its {sample.Successes} calls of '{action}' took longer than {sample.Quantile(0.5)!.Value.TotalMilliseconds:0.#} ms; of the version before, {earlier.Quantile(0.5)!.Value.TotalMilliseconds:0.#} ms.");
            }
        }

        return null;
    }

    private static bool FailsAtOnce(ActionSample sample, ActionSample before) =>
        sample.All >= _firstCalls && sample.Defects * 2 > sample.All && before.All >= _callsBefore && before.Defects < before.All * _rareBefore;

    private static bool HasNewDefect(ActionSample sample, ActionSample life) =>
        sample.Defects > 0 && life.Defects == 0 && life.All >= sample.All * _times;

    private static bool IsSlower(ActionSample sample, ActionSample before, double part) =>
        (sample.Quantile(part), before.Quantile(part)) is ({ } now, { } then) && now >= then * _slower && now - then >= _slowerBy;
}
