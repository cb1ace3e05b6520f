namespace PluginRuntime.Management;

/// <summary>What a trial of a configuration found.</summary>
/// <param name="Errors">Everything that is wrong; empty when it connects.</param>
/// <param name="Version">The version that was tried; null when it did not come to that.</param>
/// <param name="FailedAt">The step that failed: stage, load, init, open or check (bind when the settings no longer fit); null when none did.</param>
/// <param name="Steps">The steps that were taken.</param>
internal sealed record TrialResult(
    IReadOnlyList<ValidationError> Errors, string? Version, string? FailedAt, IReadOnlyList<OperationPhase> Steps);
