namespace PluginRuntime.Loading;

/// <summary>What came of letting go of a context.</summary>
/// <param name="Context">Does not keep it alive.</param>
/// <param name="Failure">What the package's code did wrong on the way, for people; null when nothing.</param>
/// <param name="Abandoned">What of the package still ran when it was left to itself, for people; null when nothing.</param>
internal sealed record UnloadReport(WeakReference Context, string? Failure, string? Abandoned);
