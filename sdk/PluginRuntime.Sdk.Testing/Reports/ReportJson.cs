using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk.Testing.Reports;

/// <summary>A report for programs.</summary>
internal static class ReportJson
{
    internal static string Of(ConformanceReport report) => JsonSerializer.Serialize(
        new ReportShape(
            report.Connector,
            report.Version,
            report.Kit,
            report.AssemblySha256,
            report.IsPassed,
            [.. report.Checks.Select(check => new CheckShape(
                check.Id, check.Title, check.Outcome, check.Note, Math.Round(check.Duration.TotalSeconds, 3), check.Findings))]),
        ReportJsonContext.Default.ReportShape);

    internal sealed record ReportShape(string Connector, string Version, string Kit, string? AssemblySha256, bool Passed, IReadOnlyList<CheckShape> Checks);

    internal sealed record CheckShape(
        string Id, string Title, CheckOutcome Outcome, string? Note, double Seconds, IReadOnlyList<ConformanceFinding> Findings);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ReportJson.ReportShape))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
