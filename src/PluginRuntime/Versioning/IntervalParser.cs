using System.Diagnostics.CodeAnalysis;

namespace PluginRuntime.Versioning;

/// <summary>Reads one interval in NuGet's notation: <c>[1.0,2.0)</c>.</summary>
internal static class IntervalParser
{
    /// <summary>Reads a trimmed text that starts with a bracket. A fault is the end of a sentence, without its full stop.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out IReadOnlyList<VersionComparator>? comparators,
        [NotNullWhen(false)] out string? fault)
    {
        comparators = null;
        if (text.Length < 2 || text[^1] is not (']' or ')'))
        {
            fault = $"the interval {VersionGrammar.Quote(text)} has no closing bracket at its end";
            return false;
        }

        var bounds = text[1..^1].Split(',').Select(bound => bound.Trim(RangeParser.Whitespace)).ToArray();
        var (lowestIncluded, highestIncluded) = (text[0] == '[', text[^1] == ']');
        fault = bounds.Length > 2 ? $"the interval {VersionGrammar.Quote(text)} has more than two bounds" : null;
        fault ??= bounds.All(bound => bound.Length == 0) ? $"the interval {VersionGrammar.Quote(text)} has no bound; write * for any version" : null;
        fault ??= bounds.Length == 1 && !(lowestIncluded && highestIncluded)
            ? $"the interval {VersionGrammar.Quote(text)} has one version, which needs square brackets, as in [1.2.3]"
            : null;

        SemanticVersion? lowest = null;
        SemanticVersion? highest = null;
        if (fault is not null || !TryReadBound(bounds[0], out lowest, out fault) || !TryReadBound(bounds[^1], out highest, out fault))
        {
            return false;
        }

        var order = lowest is null || highest is null ? -1 : lowest.CompareTo(highest);
        if (order > 0 || (order == 0 && !(lowestIncluded && highestIncluded)))
        {
            fault = $"the interval {VersionGrammar.Quote(text)} can hold no version";
            return false;
        }

        var found = new List<VersionComparator>(2);
        if (lowest is not null)
        {
            found.Add(new VersionComparator(lowestIncluded ? ComparatorKind.AtLeast : ComparatorKind.Above, lowest));
        }

        if (highest is not null)
        {
            found.Add(new VersionComparator(highestIncluded ? ComparatorKind.AtMost : ComparatorKind.Below, highest));
        }

        comparators = found;
        return true;
    }

    /// <summary>Reads a version with one to three numbers, zeros for the missing ones; an empty text is no bound.</summary>
    private static bool TryReadBound(string text, out SemanticVersion? bound, [NotNullWhen(false)] out string? fault)
    {
        bound = null;
        fault = null;
        if (text.Length == 0)
        {
            return true;
        }

        var suffix = text.AsSpan().IndexOfAny('-', '+');
        var numbers = suffix < 0 ? text : text[..suffix];
        var missing = Math.Max(0, 2 - numbers.Count(character => character == '.'));
        var whole = string.Concat([numbers, .. Enumerable.Repeat(".0", missing), suffix < 0 ? "" : text[suffix..]]);
        if (SemanticVersion.TryParse(whole, out bound))
        {
            return true;
        }

        fault = $"the bound {VersionGrammar.Quote(text)} is no version; in an interval write one to three numbers without wildcards, as in [1.0,2.0)";
        return false;
    }
}
