using System.Numerics;

namespace PluginRuntime.Benchmarks;

/// <summary>Counts times without allocating: 32 buckets for each power of two, so that a bucket is at most 3 % wide.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 5;
    private readonly long[] _buckets = new long[64 << SubBits];

    internal long Count { get; private set; }

    internal void Record(long value)
    {
        Count++;
        _buckets[IndexOf(Math.Max(value, 0))]++;
    }

    internal void Add(LatencyHistogram other)
    {
        Count += other.Count;
        for (var index = 0; index < _buckets.Length; index++)
        {
            _buckets[index] += other._buckets[index];
        }
    }

    /// <summary>The lower end of the bucket that holds the value which this share of all values does not exceed.</summary>
    internal long Percentile(double share)
    {
        var left = (long)Math.Ceiling(Count * share);
        for (var index = 0; index < _buckets.Length; index++)
        {
            left -= _buckets[index];
            if (left <= 0)
            {
                return LowerEndOf(index);
            }
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        var power = BitOperations.Log2((ulong)value | 1);
        return power <= SubBits ? (int)value : ((power - SubBits) << SubBits) + (int)(value >> (power - SubBits));
    }

    private static long LowerEndOf(int index) =>
        index < 2 << SubBits ? index : (long)((index & ((1 << SubBits) - 1)) | (1 << SubBits)) << ((index >> SubBits) - 1);
}
