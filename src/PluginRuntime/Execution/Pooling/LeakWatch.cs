namespace PluginRuntime.Execution.Pooling;

/// <summary>When a rent counts as a leak, and who hears of it.</summary>
internal sealed record LeakWatch
{
    private static readonly TimeSpan _shortest = TimeSpan.FromSeconds(60);

    /// <summary>How long a rent lasts that can be no call any more. Default 60 s.</summary>
    public TimeSpan After { get; init; } = _shortest;

    /// <summary>Called once a rent, with no lock held, on a thread of the pool or a timer's. It must not throw.</summary>
    public Action<LeakReport>? Report { get; init; }

    /// <summary>The <see cref="After"/> that fits calls of this timeout, with some time to wind up.</summary>
    public static TimeSpan Beyond(TimeSpan callTimeout)
    {
        var longest = callTimeout + TimeSpan.FromSeconds(5);
        return longest > _shortest ? longest : _shortest;
    }
}
