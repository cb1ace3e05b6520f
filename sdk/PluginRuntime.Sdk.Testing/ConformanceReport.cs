using PluginRuntime.Sdk.Testing.Reports;

namespace PluginRuntime.Sdk.Testing;

/// <summary>What the kit found.</summary>
/// <param name="Connector">The connector's id; empty when its manifest cannot be read.</param>
/// <param name="Version">Its version; empty likewise.</param>
/// <param name="Kit">The kit's own version.</param>
/// <param name="Checks">Every check, in the order in which they ran.</param>
public sealed record ConformanceReport(string Connector, string Version, string Kit, IReadOnlyList<ConformanceCheck> Checks)
{
    /// <summary>SHA-256 of the connector's own assembly, lower-case hexadecimal: what the report is about. Null when there was none to read.</summary>
    public string? AssemblySha256 { get; init; }

    /// <summary>Whether no check failed. Checks that were skipped do not count against it; they are listed with their reason.</summary>
    public bool IsPassed => Checks.All(check => check.Outcome != CheckOutcome.Failed);

    /// <summary>Everything that was found.</summary>
    public IEnumerable<ConformanceFinding> Findings => Checks.SelectMany(check => check.Findings);

    /// <summary>For people: a line a check, and below those that failed what was found and what to do.</summary>
    public string ToText() => ReportText.Of(this);

    /// <summary>For programs: one JSON object.</summary>
    public string ToJson() => ReportJson.Of(this);

    /// <summary>For build servers: JUnit XML, one test case a check.</summary>
    public string ToJUnit() => ReportJUnit.Of(this);

    /// <summary>For tests without an assertion of their own: nothing when it is passed.</summary>
    /// <exception cref="ConformanceException">A check failed; the message is <see cref="ToText"/>.</exception>
    public void EnsurePassed()
    {
        if (!IsPassed)
        {
            throw new ConformanceException(ToText());
        }
    }
}

/// <summary>One check.</summary>
/// <param name="Id">Stable, lower case.</param>
/// <param name="Title">What it makes sure of, in a sentence.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Note">Why it was skipped, or what it could not look at; null when there is nothing to say.</param>
/// <param name="Findings">What is wrong; empty unless it failed.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ConformanceCheck(
    string Id, string Title, CheckOutcome Outcome, string? Note, IReadOnlyList<ConformanceFinding> Findings, TimeSpan Duration);

/// <summary>One thing that is wrong.</summary>
/// <param name="Code">Stable, dotted, lower case: <c>schema.undescribed</c>.</param>
/// <param name="Place">The action, the file, or a JSON Pointer into the manifest; empty when it is the connector as a whole.</param>
/// <param name="Detail">What is wrong, in a sentence. What the connector answered may be in it, and none of the instance's secrets that the runtime takes out of errors.</param>
public sealed record ConformanceFinding(string Code, string Place, string Detail);

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>Nothing was found.</summary>
    Passed,

    /// <summary>Something was found.</summary>
    Failed,

    /// <summary>It does not apply, or an earlier check left it nothing to look at.</summary>
    Skipped,
}
