using System.Text.Json;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>
/// Which changes between two versions of a connector break who calls it: inputs and settings that were accepted have to be accepted still,
/// and of outputs has to hold what held.
/// </summary>
internal static class ManifestComparison
{
    /// <summary>The most breaks that are told of one schema.</summary>
    private const int Most = 100;

    private static readonly JsonElement _anything = JsonElement.Parse("true");
    private static readonly JsonElement _noSettings = JsonElement.Parse("""{"type":"object","additionalProperties":false}""");

    /// <summary>Compares two manifests.</summary>
    /// <param name="before">What runs.</param>
    /// <param name="after">What would run.</param>
    /// <returns>The breaks: of the settings, then of the actions in the order of <paramref name="before"/>.</returns>
    internal static IReadOnlyList<ManifestBreak> Compare(ConnectorManifest before, ConnectorManifest after)
    {
        var breaks = new List<ManifestBreak>(Compare(null, BreakSide.Settings, before.SettingsSchema ?? _noSettings, after.SettingsSchema ?? _noSettings));
        foreach (var action in before.Actions)
        {
            if (after.Actions.FirstOrDefault(other => other.Id == action.Id) is not { } other)
            {
                breaks.Add(new(action.Id, BreakSide.Input, "", "action-removed", true, "The action is gone."));
                continue;
            }

            breaks.AddRange(Compare(action.Id, BreakSide.Input, action.InputSchema ?? _anything, other.InputSchema ?? _anything));
            breaks.AddRange(Compare(action.Id, BreakSide.Output, action.OutputSchema ?? _anything, other.OutputSchema ?? _anything));
        }

        return breaks;
    }

    /// <summary>Compares two schemas that compile.</summary>
    internal static IEnumerable<ManifestBreak> Compare(string? action, BreakSide side, JsonElement before, JsonElement after)
    {
        var isOutput = side == BreakSide.Output;
        var gaps = isOutput ? SchemaInclusion.Find(after, before, isOutput) : SchemaInclusion.Find(before, after, isOutput);
        return gaps
            .Select(gap => new ManifestBreak(action, side, gap.Pointer, GapText.Kind(gap.Kind, isOutput), gap.IsCertain, GapText.Sentence(gap, isOutput)))
            .GroupBy(found => (found.Pointer, found.Kind, found.Detail))
            .Select(same => same.FirstOrDefault(found => found.IsCertain) ?? same.First())
            .OrderBy(found => found.Pointer, StringComparer.Ordinal)
            .ThenBy(found => found.Kind, StringComparer.Ordinal)
            .Take(Most);
    }
}
