namespace PluginRuntime.Execution.Pooling;

/// <summary>When a rent counts as a leak, and who hears of it.</summary>
internal sealed record LeakWatch
{
    /// <summary>How long a rent lasts that cannot be a call any more: at least the longest call. Default 60 s.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called once a rent, with no lock held, on a thread of the pool or a timer's. It must not throw.</summary>
    public Action<LeakReport>? Report { get; init; }
}
