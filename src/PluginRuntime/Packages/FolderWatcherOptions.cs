namespace PluginRuntime.Packages;

/// <summary>How a folder is watched.</summary>
internal sealed record FolderWatcherOptions
{
    /// <summary>How long it has to be quiet after an event. Default 150 ms.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>The longest wait for quiet: a file that is written all the time must not hide other changes. Default 2 s.</summary>
    public TimeSpan MaxQuiet { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often to look without an event. Default 2 s.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often to look while a package is being copied. Default 250 ms.</summary>
    public TimeSpan SettlingPoll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether to use the system's events. Without them, as on network folders, only the polls notice. Default true.</summary>
    public bool UseEvents { get; init; } = true;
}
