using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Formats;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>What a schema demands of numbers and strings.</summary>
internal static class ScalarDemands
{
    private static readonly JsonNumber _one = JsonNumber.Of(System.Text.Json.JsonElement.Parse("1"));

    internal static void Check(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if ((from.Types & (JsonTypes.Number | JsonTypes.Integer)) != 0)
        {
            CheckBound(from, part, "minimum", "exclusiveMinimum", 1, pointer, gaps);
            CheckBound(from, part, "maximum", "exclusiveMaximum", -1, pointer, gaps);
            CheckMultiple(from, part, pointer, gaps);
        }

        if ((from.Types & JsonTypes.String) != 0)
        {
            CheckLeast(from, part, "minLength", GapKind.Length, from.Least("minLength"), pointer, gaps);
            CheckMost(from, part, "maxLength", GapKind.Length, from.Most("maxLength"), pointer, gaps);
            CheckText(from, part, "pattern", GapKind.Pattern, pointer, gaps);
            if (part.Text("format") is { } format && KnownFormats.Find(format) is not null)
            {
                CheckText(from, part, "format", GapKind.Format, pointer, gaps);
            }
        }
    }

    internal static void CheckLeast(Conjunction from, SchemaPlace part, string keyword, GapKind kind, long known, string pointer, List<SchemaGap> gaps)
    {
        if (part.Count(keyword) is { } least && known < least)
        {
            gaps.Add(new(pointer, kind, !from.IsVague, FormattableString.Invariant($"{keyword} {least}")));
        }
    }

    internal static void CheckMost(Conjunction from, SchemaPlace part, string keyword, GapKind kind, long known, string pointer, List<SchemaGap> gaps)
    {
        if (part.Count(keyword) is { } most && known > most)
        {
            gaps.Add(new(pointer, kind, !from.IsVague, FormattableString.Invariant($"{keyword} {most}")));
        }
    }

    private static void CheckBound(
        Conjunction from, SchemaPlace part, string inclusive, string exclusive, int direction, string pointer, List<SchemaGap> gaps)
    {
        var known = from.Bound(inclusive, exclusive, direction);
        foreach (var (keyword, isExclusive) in ((string, bool)[])[(inclusive, false), (exclusive, true)])
        {
            if (part.Number(keyword) is not { } bound)
            {
                continue;
            }

            var order = known is { } tightest ? tightest.Value.CompareTo(bound) * direction : -1;
            if (order < 0 || (order == 0 && isExclusive && !known!.Value.IsExclusive))
            {
                // More than 0 and at least 1 are the same for integers.
                var mayBeEqual = (from.Types & JsonTypes.Number) == 0 && known is { IsExclusive: true } && !isExclusive;
                gaps.Add(new(pointer, GapKind.Bound, !from.IsVague && !mayBeEqual, $"{keyword} {part.Get(keyword)!.Value.GetRawText()}"));
            }
        }
    }

    private static void CheckMultiple(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if (part.Number("multipleOf") is { } divisor
            && !from.Parts.Any(known => known.Number("multipleOf") is { } multiple && multiple.IsMultipleOf(divisor))
            && !((from.Types & JsonTypes.Number) == 0 && _one.IsMultipleOf(divisor)))
        {
            gaps.Add(new(pointer, GapKind.Bound, !from.IsVague, $"multipleOf {part.Get("multipleOf")!.Value.GetRawText()}"));
        }
    }

    private static void CheckText(Conjunction from, SchemaPlace part, string keyword, GapKind kind, string pointer, List<SchemaGap> gaps)
    {
        if (part.Text(keyword) is { } text && !from.Parts.Any(known => known.Text(keyword) == text))
        {
            // Of two patterns one may accept all that the other one does.
            gaps.Add(new(pointer, kind, !from.IsVague && !from.Parts.Any(known => known.Has(keyword)), $"{keyword} {text}"));
        }
    }
}
