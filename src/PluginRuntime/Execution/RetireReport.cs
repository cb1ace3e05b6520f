namespace PluginRuntime.Execution;

/// <summary>How a generation ended.</summary>
/// <param name="Drained">Whether every attempt ended before the drain deadline.</param>
/// <param name="LateAttempts">How many had to be cancelled.</param>
/// <param name="AbandonedAttempts">How many ignored that and still run.</param>
/// <param name="Failures">What the connector did wrong while it was taken down, as text.</param>
internal sealed record RetireReport(bool Drained, long LateAttempts, int AbandonedAttempts, IReadOnlyList<string> Failures);
