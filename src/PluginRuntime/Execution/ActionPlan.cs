using PluginRuntime.Manifests;

namespace PluginRuntime.Execution;

/// <summary>What the call path needs to know of one action of one version.</summary>
internal sealed record ActionPlan(string Id, bool IsIdempotent, TimeSpan AttemptTimeout, JsonSchema? Input, JsonSchema? Output)
{
    /// <summary>How its attempts ended.</summary>
    internal ActionCounts Counts { get; } = new();

    /// <summary>Plans the actions of a manifest. Its schemas were compiled once when it was read, so they compile.</summary>
    internal static ActionPlan Create(ManifestAction action, TimeSpan attemptTimeout) =>
        new(
            action.Id,
            action.Idempotent,
            action.Timeout ?? attemptTimeout,
            action.InputSchema is { } input ? JsonSchema.Compile(input).Schema : null,
            action.OutputSchema is { } output ? JsonSchema.Compile(output).Schema : null);
}
