using System.Numerics;

namespace PluginRuntime.Execution;

/// <summary>
/// The buckets that durations are counted in: four to each doubling, from 0.4 ms to 100 s. Shorter ones are one bucket, since no
/// comparison of versions asks for less.
/// </summary>
internal static class Durations
{
    private const int _smallest = 12;
    private const int _doublings = 18;

    internal const int Buckets = 1 + (_doublings * 4);

    internal static int IndexOf(TimeSpan elapsed)
    {
        var ticks = elapsed.Ticks;
        if (ticks < 1 << _smallest)
        {
            return 0;
        }

        var log = BitOperations.Log2((ulong)ticks);
        return Math.Min(1 + ((log - _smallest) * 4) + (int)((ticks >> (log - 2)) & 3), Buckets - 1);
    }

    /// <summary>The middle of a bucket.</summary>
    internal static TimeSpan Middle(int index)
    {
        if (index == 0)
        {
            return new((1 << _smallest) / 2);
        }

        var (doubling, quarter) = Math.DivRem(index - 1, 4);
        var step = 1L << (doubling + _smallest - 2);
        return new(((4 + quarter) * step) + (step / 2));
    }
}
