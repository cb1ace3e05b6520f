using System.Globalization;
using System.Text;
using PluginRuntime.Host.Auth;

namespace PluginRuntime.Host.Metrics;

/// <summary>The text format of Prometheus, version 0.0.4.</summary>
internal static class PrometheusText
{
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Instance = "instance";

    /// <param name="instruments">Any order; those of one name and kind are put together.</param>
    /// <param name="scrape">Of observable instruments, the series it has seen are written.</param>
    /// <param name="labels">Which tags become labels; values that differ in others alone are added up.</param>
    /// <param name="names">Only what is this org's, by its own names; null for everything by the runtime's.</param>
    internal static string Write(IEnumerable<MetricInstrument> instruments, long scrape, Func<string, bool> labels, OrgNames? names = null)
    {
        var text = new StringBuilder();
        foreach (var family in instruments.GroupBy(instrument => instrument.Name).OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            // Two kinds, or buckets, under one name cannot be told apart by a reader: the first one counts.
            var first = family.First();
            var same = family.Where(other => other.Kind == first.Kind && other.Bounds.AsSpan().SequenceEqual(first.Bounds));
            var series = same.SelectMany(instrument => instrument.Series(scrape))
                .Where(one => names is null || IsOwn(one, names))
                .GroupBy(one => LabelsOf(one, labels, names))
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToList();
            if (series.Count > 0)
            {
                Write(text, first, series);
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, MetricInstrument family, IEnumerable<IGrouping<string, MetricSeries>> series)
    {
        var type = family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        };
        text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Description, isLabel: false)).Append('\n')
            .Append("# TYPE ").Append(family.Name).Append(' ').Append(type).Append('\n');
        foreach (var group in series)
        {
            if (family.Kind == MetricKind.Histogram)
            {
                WriteHistogram(text, family, group.Key, group);
            }
            else
            {
                WriteLine(text, family.Name, group.Key, group.Sum(one => one.Value));
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, MetricInstrument family, string labels, IEnumerable<MetricSeries> series)
    {
        var (buckets, sum) = (new long[family.Bounds.Length + 1], 0.0);
        foreach (var one in series)
        {
            sum += one.Value;
            var counts = one.Buckets();
            for (var i = 0; i < buckets.Length; i++)
            {
                buckets[i] += counts[i];
            }
        }

        var total = 0L;
        for (var i = 0; i < buckets.Length; i++)
        {
            total += buckets[i];
            var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
            WriteLine(text, family.Name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", total);
        }

        WriteLine(text, family.Name + "_sum", labels, sum);
        WriteLine(text, family.Name + "_count", labels, total);
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>What is measured of no instance is the host's own.</summary>
    private static bool IsOwn(MetricSeries series, OrgNames names) =>
        Array.Find(series.Tags, tag => tag.Key == Instance) is { Value: { } instance } ? names.Owns(instance) : names.Org == Orgs.Default;

    private static string LabelsOf(MetricSeries series, Func<string, bool> labels, OrgNames? names) => string.Join(
        ',',
        series.Tags.Where(tag => labels(tag.Key)).DistinctBy(tag => tag.Key).Select(tag =>
        {
            var value = tag.Key == Instance && names is not null ? names.Outside(tag.Value) : tag.Value;
            return $"{PrometheusNames.OfLabel(tag.Key)}=\"{Escape(value, isLabel: true)}\"";
        }));

    private static string Escape(string text, bool isLabel)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isLabel ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
