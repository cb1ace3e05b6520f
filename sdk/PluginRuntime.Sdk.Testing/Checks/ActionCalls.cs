using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>What to call an action with.</summary>
internal static class ActionCalls
{
    /// <summary>Calls that have to succeed: those of the test file, or else the examples of the input schema.</summary>
    internal static IReadOnlyList<ExampleCall> Examples(Bench bench, ManifestAction action) =>
        bench.Subject.Test.For(action.Id).Examples is { Count: > 0 } given
            ? given
            : action.InputSchema is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("examples", out var list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(input => new ExampleCall(input))]
                : [];

    /// <summary>Whether it may be called with inputs that nobody thought of.</summary>
    internal static bool MayGenerate(Bench bench, ManifestAction action) =>
        bench.Options.GeneratedInputs > 0 && (bench.Subject.Test.For(action.Id).Generate ?? action.Idempotent);

    /// <summary>The calls of all actions that may be repeated at will.</summary>
    internal static IReadOnlyList<(ManifestAction Action, ExampleCall Call)> Repeatable(Bench bench) =>
        [.. bench.Manifest!.Actions.Where(action => action.Idempotent).SelectMany(action => Examples(bench, action), (action, call) => (action, call))];
}
