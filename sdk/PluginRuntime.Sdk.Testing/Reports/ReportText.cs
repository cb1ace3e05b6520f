using System.Globalization;
using System.Text;

namespace PluginRuntime.Sdk.Testing.Reports;

/// <summary>A report for people.</summary>
internal static class ReportText
{
    /// <summary>Of many alike the rest is counted.</summary>
    private const int MostOfOneCode = 10;

    internal static string Of(ConformanceReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{(report.Connector.Length > 0 ? $"{report.Connector} {report.Version}" : "connector")}, kit {report.Kit}");
        foreach (var check in report.Checks)
        {
            text.AppendLine(Line(check));
            foreach (var line in Findings(check))
            {
                text.Append("           ").AppendLine(line);
            }
        }

        var (failed, skipped) = (Count(report, CheckOutcome.Failed), Count(report, CheckOutcome.Skipped));
        text.Append(CultureInfo.InvariantCulture, $"{report.Checks.Count - failed - skipped} checks passed, {failed} failed, {skipped} skipped");
        return text.ToString();
    }

    /// <summary>One check in a line.</summary>
    internal static string Line(ConformanceCheck check) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {check.Outcome.ToString().ToLowerInvariant(),-8} {check.Id}: {check.Title} ({check.Duration.TotalSeconds:0.0} s){(check.Note is null ? "" : $" [{check.Note}]")}");

    private static IEnumerable<string> Findings(ConformanceCheck check) =>
        from found in check.Findings
        group found by found.Code into alike
        from line in alike.Take(MostOfOneCode)
            .Select(found => $"{found.Code}{(found.Place.Length > 0 ? $" at {found.Place}" : "")}: {found.Detail}")
            .Concat(alike.Count() > MostOfOneCode ? [$"{alike.Key}: and {alike.Count() - MostOfOneCode} more"] : [])
        select line;

    private static int Count(ConformanceReport report, CheckOutcome outcome) => report.Checks.Count(check => check.Outcome == outcome);
}
