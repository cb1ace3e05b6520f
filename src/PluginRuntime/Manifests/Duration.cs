using System.Globalization;

namespace PluginRuntime.Manifests;

/// <summary>Spans of time as people write them: <c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>1h</c>, or a .NET TimeSpan such as <c>00:00:30</c>.</summary>
internal static class Duration
{
    internal const string Accepted = "a duration such as 500ms, 30s, 10m, 1h or 00:00:30";

    /// <summary>Refuses what is negative and what no TimeSpan can hold. A number needs its unit: <c>30</c> could mean days.</summary>
    internal static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        return text.Contains(':', StringComparison.Ordinal)
            ? TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value) && value >= TimeSpan.Zero
            : TryParseUnit(text, out value);
    }

    private static bool TryParseUnit(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = default;
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var ticks = text[digits..] switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => 0,
        };
        if (ticks == 0 || number > long.MaxValue / ticks)
        {
            return false;
        }

        value = TimeSpan.FromTicks(number * ticks);
        return true;
    }
}
