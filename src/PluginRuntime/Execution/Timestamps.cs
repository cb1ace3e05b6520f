namespace PluginRuntime.Execution;

/// <summary>Spans of time as differences of a clock's timestamps.</summary>
internal static class Timestamps
{
    // Half of what there is: a timestamp and one of these add up to less than the largest.
    private const long Longest = long.MaxValue / 2;

    internal static long Of(TimeSpan span, TimeProvider timeProvider)
    {
        var stamps = span.Ticks * ((double)timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond);
        return stamps >= Longest ? Longest : (long)stamps;
    }
}
