using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;

namespace PluginRuntime.Execution;

/// <summary>What the call path needs to know of one action of one version.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsIdempotent">Whether it may run twice.</param>
/// <param name="AttemptTimeout">The longest an attempt may take.</param>
/// <param name="AttemptStamps">The same, as a difference of the clock's timestamps.</param>
/// <param name="Input">What its input has to fit; null for anything.</param>
/// <param name="Output">What its output has to fit; null for any JSON.</param>
internal sealed record ActionPlan(string Id, bool IsIdempotent, TimeSpan AttemptTimeout, long AttemptStamps, JsonSchema? Input, JsonSchema? Output)
{
    /// <summary>How its attempts ended.</summary>
    internal ActionCounts Counts { get; } = new();

    /// <summary>Where calls of it are measured when they succeed; null until one was, or when nobody measures.</summary>
    internal CallMeter? Meter { get; set; }

    /// <summary>Plans the actions of a manifest. Its schemas were compiled once when it was read, so they compile.</summary>
    internal static ActionPlan Create(ManifestAction action, TimeSpan attemptTimeout, TimeProvider timeProvider) =>
        new(
            action.Id,
            action.Idempotent,
            action.Timeout ?? attemptTimeout,
            Timestamps.Of(action.Timeout ?? attemptTimeout, timeProvider),
            action.InputSchema is { } input ? JsonSchema.Compile(input).Schema : null,
            action.OutputSchema is { } output ? JsonSchema.Compile(output).Schema : null);
}
