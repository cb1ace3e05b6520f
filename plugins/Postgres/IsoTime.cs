namespace PluginRuntime.Connectors.Postgres;

/// <summary>PostgreSQL's times, which look almost like ISO 8601, as ISO 8601. <c>infinity</c> and dates before Christ stay as they are.</summary>
internal static class IsoTime
{
    /// <summary><c>2026-01-31 12:00:00.5+00</c> becomes <c>2026-01-31T12:00:00.5Z</c>.</summary>
    internal static string Moment(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 || text.EndsWith("BC", StringComparison.Ordinal)
            ? text
            : $"{text[..blank]}T{WithOffset(text[(blank + 1)..])}";
    }

    /// <summary><c>12:00:00+02</c> becomes <c>12:00:00+02:00</c>, and <c>+00</c> becomes <c>Z</c>.</summary>
    internal static string WithOffset(string text)
    {
        var sign = text.LastIndexOfAny(['+', '-']);
        if (sign < 0)
        {
            return text;
        }

        var offset = text[sign..];
        return text[..sign] + (offset is "+00" ? "Z" : offset.Length == 3 ? offset + ":00" : offset);
    }
}
