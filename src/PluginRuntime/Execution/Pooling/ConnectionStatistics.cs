namespace PluginRuntime.Execution.Pooling;

/// <summary>One pooled connection, at one moment.</summary>
/// <param name="InUse">Whether a caller has it.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="LastUsedAt">When it was last given to a caller or came back, to about a second; when it was opened, if never.</param>
/// <param name="Usages">How often a caller got it.</param>
public sealed record ConnectionStatistics(bool InUse, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, long Usages);
