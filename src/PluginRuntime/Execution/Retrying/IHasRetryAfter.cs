namespace PluginRuntime.Execution.Retrying;

/// <summary>A failure that may say when to come back. Implemented by exceptions.</summary>
public interface IHasRetryAfter
{
    /// <summary>
    /// How long the other side asks to wait, from when it failed; null when it did not ask. A retry waits for this long or for its
    /// backoff, whichever is longer. Negative values count as null, and more than a day counts as a day.
    /// </summary>
    TimeSpan? RetryAfter { get; }
}
