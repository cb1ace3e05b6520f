using System.Text.RegularExpressions;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed partial class EveryFaultTests
{
    private static readonly string _source = Read();

    public static TheoryData<string> Mended => [.. SourceProject.Fixes.SelectMany(each => each.FixableDiagnosticIds).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Reports_OnEveryFault_AreEachRuleOnceAtItsPlace()
    {
        var project = SourceProject.Of(_source);

        Assert.Empty(await project.ErrorsAsync());
        var reports = (await project.ReportsAsync())
            .Select(each => (each.Location.GetLineSpan().StartLinePosition.Line, each.Id, _source.Substring(each.Location.SourceSpan.Start, each.Location.SourceSpan.Length)))
            .ToList();
        Assert.Equal(Expected(), reports);
        Assert.Equal(
            SourceProject.Analyzers.SelectMany(each => each.SupportedDiagnostics).Select(each => each.Id).Order(StringComparer.Ordinal),
            reports.Select(each => each.Id).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Mended))]
    public async Task Fix_OfEachRule_CompilesAndTakesAwayThatReportAlone(string rule)
    {
        var project = SourceProject.Of(_source);
        var before = await project.ReportsAsync();

        var mended = await project.FixedAsync(before.Single(each => each.Id == rule));

        Assert.Empty(await mended.ErrorsAsync());
        Assert.Equal(before.Select(each => each.Id).Where(each => each != rule), (await mended.ReportsAsync()).Select(each => each.Id));
    }

    [Fact]
    public async Task Fixes_OneAfterAnother_LeaveWhatHasNone()
    {
        var project = SourceProject.Of(_source);
        foreach (var rule in SourceProject.Fixes.SelectMany(each => each.FixableDiagnosticIds))
        {
            project = await project.FixedAsync((await project.ReportsAsync()).Single(each => each.Id == rule));
        }

        Assert.Empty(await project.ErrorsAsync());
        Assert.Equal([Rules.Lifetime, Rules.ActionId], (await project.ReportsAsync()).Select(each => each.Id).Order(StringComparer.Ordinal));
        var text = await project.TextAsync();
        Assert.Contains("private static readonly string _greeting", text, StringComparison.Ordinal);
        Assert.Contains("await Remember(text);", text, StringComparison.Ordinal);
        Assert.Contains("private async Task Remember(string text)", text, StringComparison.Ordinal);
        Assert.Contains("GetStringAsync(question.Text, cancellationToken)", text, StringComparison.Ordinal);
        Assert.Contains("JsonSerializer.Deserialize<Answer>(text, FaultyJson.Default.Answer)", text, StringComparison.Ordinal);
        Assert.Contains("    [property: Secret] string ApiKey);", text, StringComparison.Ordinal);
        Assert.Contains("[JsonSerializable(typeof(Unknown))]", text, StringComparison.Ordinal);
    }

    private static IEnumerable<(int Line, string Rule, string Text)> Expected() =>
        _source.ReplaceLineEndings("\n").Split('\n').Index().Select(each => (Line: each.Index, Match: Mark().Match(each.Item))).Where(each => each.Match.Success)
            .Select(each => (each.Line, each.Match.Groups[1].Value, each.Match.Groups[2].Value));

    private static string Read()
    {
        using var reader = new StreamReader(typeof(EveryFaultTests).Assembly.GetManifestResourceStream("EveryFault.cs")!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("// (PR10[0-9]{2}) (.+)$")]
    private static partial Regex Mark();
}
