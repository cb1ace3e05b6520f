using System.Diagnostics.Metrics;
using System.Globalization;

namespace PluginRuntime.Host.Metrics;

/// <summary>What was measured by one instrument, by tags. Measuring takes no lock and allocates nothing once a set of tags is known.</summary>
internal sealed class MetricInstrument
{
    /// <summary>The most sets of tags; what comes after counts under <see cref="Overflow"/>.</summary>
    internal const int MostSeries = 2000;

    /// <summary>The one tag of what has no place of its own, as OpenTelemetry names it.</summary>
    internal const string Overflow = "otel.metric.overflow";

    private static readonly double[] _defaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly Lock _adding = new();
    private readonly bool _isObservable;
    private readonly bool _isAbsolute;

    // Open addressing, at most half full. Replaced as a whole when it grows; an entry is never taken out.
    private volatile MetricSeries?[] _table = new MetricSeries?[16];
    private MetricSeries? _overflow;
    private int _count;

    internal MetricInstrument(Instrument instrument)
    {
        _isObservable = instrument.IsObservable;
        _isAbsolute = _isObservable || instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Gauge<>);
        Kind = KindOf(instrument);
        Bounds = Kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
        Name = PrometheusNames.OfMetric(instrument.Name, instrument.Unit, Kind);
        Description = instrument.Description ?? "";
        MeterName = instrument.Meter.Name;
    }

    internal string Name { get; }

    internal string MeterName { get; }

    internal string Description { get; }

    internal MetricKind Kind { get; }

    /// <summary>For a histogram: the upper bounds of its buckets, but the last one's.</summary>
    internal double[] Bounds { get; }

    /// <param name="value">What was measured.</param>
    /// <param name="tags">Any order.</param>
    /// <param name="scrape">The scrape under way, for observable instruments.</param>
    internal void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, long scrape)
    {
        var hash = HashOf(tags);
        var series = Find(_table, hash, tags) ?? Add(hash, tags);
        if (Kind == MetricKind.Histogram)
        {
            series.Count(value);
        }
        else if (!_isAbsolute)
        {
            series.Add(value);
        }
        else if (series == _overflow && series.Seen == scrape)
        {
            series.Add(value);
        }
        else
        {
            series.Set(value);
        }

        if (_isObservable)
        {
            series.Seen = scrape;
        }
    }

    /// <summary>The series there are; of an observable instrument those that the scrape has seen.</summary>
    internal IEnumerable<MetricSeries> Series(long scrape) =>
        _table.OfType<MetricSeries>().Concat(_overflow is { } overflow ? [overflow] : []).Where(series => !_isObservable || series.Seen == scrape);

    private static MetricSeries? Find(MetricSeries?[] table, int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        for (var index = hash & (table.Length - 1); Volatile.Read(ref table[index]) is { } series; index = (index + 1) & (table.Length - 1))
        {
            if (series.Hash == hash && (series.IsAsSeen(tags) || HasTags(series, tags)))
            {
                return series;
            }
        }

        return null;
    }

    private static bool HasTags(MetricSeries series, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var matched = 0;
        foreach (var (name, value) in tags)
        {
            if (value is null)
            {
                continue;
            }

            var isThere = false;
            foreach (var own in series.Tags)
            {
                isThere = own.Key == name && own.Value == (value as string ?? Text(value));
                if (isThere)
                {
                    matched++;
                    break;
                }
            }

            if (!isThere)
            {
                return false;
            }
        }

        return matched == series.Tags.Length;
    }

    private MetricSeries Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_adding)
        {
            // Another thread may have added it meanwhile.
            if (Find(_table, hash, tags) is { } known)
            {
                return known;
            }

            if (_count == MostSeries)
            {
                return _overflow ??= new([new(Overflow, "true")], null, 0, Bounds);
            }

            var added = new MetricSeries(TextsOf(tags), SeenOf(tags), hash, Bounds);
            if (++_count * 2 > _table.Length)
            {
                var larger = new MetricSeries?[_table.Length * 2];
                foreach (var series in _table.OfType<MetricSeries>())
                {
                    Put(larger, series);
                }

                Put(larger, added);
                _table = larger;
            }
            else
            {
                Put(_table, added);
            }

            return added;
        }
    }

    private static void Put(MetricSeries?[] table, MetricSeries series)
    {
        var index = series.Hash & (table.Length - 1);
        while (table[index] is not null)
        {
            index = (index + 1) & (table.Length - 1);
        }

        Volatile.Write(ref table[index], series);
    }

    private static KeyValuePair<string, string>[] TextsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var texts = new List<KeyValuePair<string, string>>(tags.Length);
        foreach (var (name, value) in tags)
        {
            if (value is not null)
            {
                texts.Add(new(name, Text(value)));
            }
        }

        return [.. texts.OrderBy(tag => tag.Key, StringComparer.Ordinal)];
    }

    // Texts alone: an object is not kept for its looks.
    private static KeyValuePair<string, object?>[]? SeenOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (_, value) in tags)
        {
            if (value is not (null or string))
            {
                return null;
            }
        }

        return tags.ToArray();
    }

    private static string Text(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    // The same for every order. A few characters of each value tell sets apart well enough, and cost less than all of them.
    private static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = 17;
        foreach (var (_, value) in tags)
        {
            hash += value switch
            {
                null => 0,
                string text => Sample(text),
                _ => Sample(Text(value)),
            };
        }

        return hash ^ (hash >>> 15);
    }

    private static int Sample(string text) => text.Length == 0
        ? 1
        : ((((text.Length * 31) + text[0]) * 31 + text[text.Length / 2]) * 31 + text[^1]) * 31 + text[text.Length / 4];

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>)
            ? MetricKind.Counter
            : definition == typeof(Histogram<>) ? MetricKind.Histogram : MetricKind.Gauge;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => _defaultBounds,
    };
}
