namespace PluginRuntime.Host.Metrics;

/// <summary>One set of tags of an instrument, and what was measured under it. Written by any thread, read while it is written.</summary>
internal sealed class MetricSeries(KeyValuePair<string, string>[] tags, KeyValuePair<string, object?>[]? seen, int hash, double[] bounds)
{
    private readonly long[] _buckets = bounds.Length > 0 ? new long[bounds.Length + 1] : [];
    private double _value;

    /// <summary>Sorted by name.</summary>
    internal KeyValuePair<string, string>[] Tags { get; } = tags;

    internal int Hash { get; } = hash;

    /// <summary>The scrape that saw it last; for observable instruments.</summary>
    internal long Seen { get; set; }

    /// <summary>Whether tags are the very objects, in the order, that it was first measured with: the quick way to know it again.</summary>
    internal bool IsAsSeen(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (seen is null || tags.Length != seen.Length)
        {
            return false;
        }

        for (var i = 0; i < seen.Length; i++)
        {
            if (!ReferenceEquals(tags[i].Value, seen[i].Value) || !ReferenceEquals(tags[i].Key, seen[i].Key))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The sum, the total, or the last value.</summary>
    internal double Value => Volatile.Read(ref _value);

    internal void Add(double delta)
    {
        var before = Volatile.Read(ref _value);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref _value, before + delta, before);
            if (found.Equals(before))
            {
                return;
            }

            before = found;
        }
    }

    internal void Set(double value) => Volatile.Write(ref _value, value);

    internal void Count(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }

    /// <summary>How many values fell into each bucket, the last one those above every bound.</summary>
    internal long[] Buckets() => [.. Enumerable.Range(0, _buckets.Length).Select(index => Interlocked.Read(ref _buckets[index]))];
}
