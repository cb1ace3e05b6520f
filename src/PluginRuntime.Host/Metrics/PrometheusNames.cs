using System.Text;

namespace PluginRuntime.Host.Metrics;

/// <summary>OpenTelemetry's names and units as Prometheus writes them: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/.</summary>
internal static class PrometheusNames
{
    private static readonly Dictionary<string, string> _units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
    };

    internal static string OfMetric(string name, string? unit, MetricKind kind)
    {
        var result = Clean(name, allowColon: true);
        var suffix = OfUnit(unit, kind);
        if (suffix.Length > 0 && !result.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            result = $"{result}_{suffix}";
        }

        return kind == MetricKind.Counter && !result.EndsWith("_total", StringComparison.Ordinal) ? result + "_total" : result;
    }

    internal static string OfLabel(string name) => Clean(name, allowColon: false);

    private static string OfUnit(string? unit, MetricKind kind)
    {
        if (string.IsNullOrEmpty(unit))
        {
            return "";
        }

        if (unit == "1")
        {
            return kind == MetricKind.Gauge ? "ratio" : "";
        }

        var slash = unit.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? Word(unit) : $"{Word(unit[..slash])}_per_{Word(unit[(slash + 1)..]).TrimEnd('s')}".TrimStart('_');
    }

    // What stands in braces is a remark.
    private static string Word(string unit) => unit.StartsWith('{') ? "" : _units.TryGetValue(unit, out var word) ? word : Clean(unit, allowColon: false).Trim('_');

    private static string Clean(string name, bool allowColon)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            var isKept = char.IsAsciiLetterOrDigit(character) || (allowColon && character == ':');
            if (isKept)
            {
                clean.Append(clean.Length == 0 && char.IsAsciiDigit(character) ? "_" : "").Append(character);
            }
            else if (clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append('_');
            }
        }

        return clean.ToString();
    }
}
