using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace PluginRuntime.Sdk.Testing.Reports;

/// <summary>A report for build servers, in the XML that JUnit's Ant task writes and everybody reads.</summary>
internal static class ReportJUnit
{
    internal static string Of(ConformanceReport report)
    {
        var name = report.Connector.Length > 0 ? $"{report.Connector} {report.Version}" : "connector";
        var suite = new XElement(
            "testsuite",
            new XAttribute("name", name),
            new XAttribute("tests", report.Checks.Count),
            new XAttribute("failures", report.Checks.Count(check => check.Outcome == CheckOutcome.Failed)),
            new XAttribute("errors", 0),
            new XAttribute("skipped", report.Checks.Count(check => check.Outcome == CheckOutcome.Skipped)),
            new XAttribute("time", Seconds(report.Checks.Aggregate(TimeSpan.Zero, (sum, check) => sum + check.Duration))),
            report.Checks.Select(check => Case(report.Connector, check)));
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{new XElement("testsuites", suite)}\n";
    }

    private static XElement Case(string connector, ConformanceCheck check) => new(
        "testcase",
        new XAttribute("classname", $"conformance.{connector}"),
        new XAttribute("name", check.Id),
        new XAttribute("time", Seconds(check.Duration)),
        check.Outcome switch
        {
            CheckOutcome.Failed => new XElement(
                "failure",
                new XAttribute("type", check.Findings[0].Code),
                new XAttribute("message", Clean(check.Findings[0].Detail)),
                Clean(string.Join('\n', check.Findings.Select(found => $"{found.Code} {found.Place}: {found.Detail}")))),
            CheckOutcome.Skipped => new XElement("skipped", new XAttribute("message", Clean(check.Note ?? ""))),
            _ => null,
        });

    // What a connector wrote may hold characters that XML cannot.
    private static string Clean(string text) => string.Concat(text.Select(character => XmlConvert.IsXmlChar(character) ? character : '\uFFFD'));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
