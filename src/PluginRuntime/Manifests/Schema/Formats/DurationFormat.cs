namespace PluginRuntime.Manifests.Schema.Formats;

/// <summary>Durations of RFC 3339, appendix A: units in order, none left out between two.</summary>
internal static class DurationFormat
{
    internal static bool IsDuration(ReadOnlySpan<char> text)
    {
        if (text.Length < 3 || text[0] != 'P')
        {
            return false;
        }

        text = text[1..];
        if (text[^1] == 'W')
        {
            return IsUnits(text, "W");
        }

        var time = text.IndexOf('T');
        return time < 0
            ? IsUnits(text, "YMD")
            : (time == 0 || IsUnits(text[..time], "YMD")) && IsUnits(text[(time + 1)..], "HMS");
    }

    private static bool IsUnits(ReadOnlySpan<char> text, ReadOnlySpan<char> units)
    {
        var previous = -1;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            var unit = digits <= 0 ? -1 : units.IndexOf(text[digits]);
            if (unit < 0 || (previous >= 0 && unit != previous + 1))
            {
                return false;
            }

            previous = unit;
            text = text[(digits + 1)..];
        }

        return previous >= 0;
    }
}
