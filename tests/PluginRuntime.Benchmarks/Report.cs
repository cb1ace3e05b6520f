using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Benchmarks;

/// <summary>What one benchmark found: cases against their baselines, and counts.</summary>
internal sealed class Report(string benchmark)
{
    private readonly List<CaseResult> _results = [];
    private readonly SortedDictionary<string, double> _counts = new(StringComparer.Ordinal);

    internal void Add(CaseResult result)
    {
        _results.Add(result);
        Console.WriteLine(Line(result));
    }

    internal void Count(string name, double value)
    {
        _counts[name] = Math.Round(value, 3);
        Console.WriteLine(FormattableString.Invariant($"{name,-36} {_counts[name],14:0.###}"));
    }

    internal void Print(TextWriter output, bool asJson)
    {
        output.WriteLine(Machine());
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new ReportDocument(benchmark, Machine(), _results, _counts), ReportJson.Default.ReportDocument));
        }
    }

    private static string Line(CaseResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Case,-26} {result.NsPerOp,12:0.0} ns {result.BytesPerOp,10:0.0} B   {(result.Ratio is { } ratio ? $"{ratio:0.000} x {result.Baseline}" : "")}");

    private static string Machine() =>
        $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}";
}

/// <summary>One case. Time and bytes are medians of windows.</summary>
/// <param name="Case">Its name.</param>
/// <param name="Baseline">What it is compared with; null for a baseline itself.</param>
/// <param name="NsPerOp">Nanoseconds an operation.</param>
/// <param name="BytesPerOp">Bytes that the process allocated an operation.</param>
/// <param name="Ratio">Its time over its baseline's, from alternating windows of one run; null for a baseline itself.</param>
internal sealed record CaseResult(string Case, string? Baseline, double NsPerOp, double BytesPerOp, double? Ratio);

/// <summary>The last line of <c>--json</c>.</summary>
internal sealed record ReportDocument(
    string Benchmark, string Machine, IReadOnlyList<CaseResult> Results, IReadOnlyDictionary<string, double> Counts);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJson : JsonSerializerContext;
