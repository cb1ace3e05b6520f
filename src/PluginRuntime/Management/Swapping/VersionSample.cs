using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>What some attempts of one generation came to, action by action.</summary>
internal sealed class VersionSample(IReadOnlyDictionary<string, ActionSample> actions)
{
    internal static VersionSample Empty { get; } = new(new Dictionary<string, ActionSample>());

    internal IReadOnlyDictionary<string, ActionSample> Actions { get; } = actions;

    /// <summary>All actions together.</summary>
    internal ActionSample All { get; } = actions.Values.Aggregate(ActionSample.Empty, static (sum, each) => sum + each);

    /// <summary>Everything since a generation began.</summary>
    internal static VersionSample Of(Generation generation) =>
        new(generation.Actions.Values.ToDictionary(action => action.Id, action => action.Counts.Read(), StringComparer.Ordinal));

    internal ActionSample this[string action] => Actions.GetValueOrDefault(action) ?? ActionSample.Empty;

    public static VersionSample operator -(VersionSample left, VersionSample right) =>
        new(left.Actions.ToDictionary(pair => pair.Key, pair => pair.Value - right[pair.Key], StringComparer.Ordinal));
}
