using System.Globalization;
using System.Text.RegularExpressions;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Problems;

/// <summary>docs/errors.md has every code there is in the source, and the statuses that the host answers.</summary>
public sealed partial class CatalogueTests
{
    private static readonly string[] _files = ["admin.key", "events.high-water", "events.jsonl", "host.lock", "seal.key", "state.db"];

    // Names of metrics, spans and their tags.
    private static readonly string[] _telemetry =
        ["connection.rented", "cpu.mode", "error.type", "http.route", "pluginruntime.action", "pluginruntime.attempt", "pluginruntime.connector",
            "pluginruntime.events", "pluginruntime.instance", "pluginruntime.instances", "pluginruntime.swaps", "pluginruntime.unloads", "pluginruntime.version", "url.scheme"];

    // Findings of the conformance kit, which has a catalogue of its own: docs/conformance.md.
    private static readonly string[] _kit = ["process.ended", "process.hung"];

    private static readonly Dictionary<string, string> _documented = Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md")))
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.Ordinal);

    [Fact]
    public void Catalogue_HasTheCodesOfTheSource()
    {
        var inSource = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(path => Path.GetFileName(path) != "EventTypes.cs")
            .SelectMany(path => Literal().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value))
            .Where(literal => !literal.EndsWith(".json", StringComparison.Ordinal))
            .Except([.. _files, .. _telemetry, .. _kit, .. EventTypes.All.Except(ProblemTable.All.Keys)])
            .Order(StringComparer.Ordinal);

        Assert.Equal(inSource.Distinct(), _documented.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Catalogue_HasTheStatusesOfTheTable()
    {
        var answered = _documented.Where(row => row.Value != "–").ToDictionary(row => row.Key, row => int.Parse(row.Value, CultureInfo.InvariantCulture));

        Assert.Equal(ProblemTable.All.ToDictionary(row => row.Key, row => row.Value.Status), answered);
    }

    [GeneratedRegex(@"^\| `([^`]+)` \| ([0-9]{3}|–) \| .+ \| .+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("\"([a-z]+(?:-[a-z]+)*\\.[a-z]+(?:-[a-z]+)*)\"")]
    private static partial Regex Literal();
}
