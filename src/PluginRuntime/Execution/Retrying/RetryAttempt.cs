namespace PluginRuntime.Execution.Retrying;

/// <summary>A retry that is about to happen.</summary>
/// <param name="Retry">Which one: 0 for the first.</param>
/// <param name="Delay">How long it waits before it starts.</param>
/// <param name="Error">What the attempt before it threw.</param>
public readonly record struct RetryAttempt(int Retry, TimeSpan Delay, Exception Error);
