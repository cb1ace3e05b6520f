namespace PluginRuntime.Execution;

/// <summary>
/// How the attempts of one action in one generation ended, and how long its calls took: what two versions are compared by. Striped like the
/// gate's counters, each stripe made when its processor first counts.
/// </summary>
internal sealed class ActionCounts
{
    private readonly long[]?[] _stripes = new long[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 64))][];

    /// <summary>How many calls have succeeded. Exact only when nothing moves.</summary>
    internal long Successes
    {
        get
        {
            long sum = 0;
            foreach (var stripe in _stripes)
            {
                for (var i = 0; stripe is not null && i < Durations.Buckets; i++)
                {
                    sum += Volatile.Read(ref stripe[i]);
                }
            }

            return sum;
        }
    }

    /// <summary>A call succeeded.</summary>
    /// <param name="elapsed">How long it took, with all it waited for.</param>
    internal void Succeeded(TimeSpan elapsed) => Interlocked.Increment(ref Mine()[Durations.IndexOf(elapsed)]);

    /// <summary>An attempt failed.</summary>
    internal void Failed(PluginRuntimeException failure)
    {
        var end = AttemptEnds.Of(failure);
        if (end != AttemptEnd.NotBegun)
        {
            Interlocked.Increment(ref Mine()[Durations.Buckets + (int)end]);
        }
    }

    /// <summary>What has been counted. Exact only when nothing moves.</summary>
    internal ActionSample Read()
    {
        var sum = new long[ActionSample.Cells];
        foreach (var stripe in _stripes)
        {
            for (var i = 0; stripe is not null && i < sum.Length; i++)
            {
                sum[i] += Volatile.Read(ref stripe[i]);
            }
        }

        return new(sum);
    }

    private long[] Mine()
    {
        ref var place = ref _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)];
        return Volatile.Read(ref place) ?? Make(ref place);
    }

    // Two threads of one processor may meet here: the one that comes second takes the stripe of the first.
    private static long[] Make(ref long[]? place)
    {
        var made = new long[ActionSample.Cells];
        return Interlocked.CompareExchange(ref place, made, null) ?? made;
    }
}
