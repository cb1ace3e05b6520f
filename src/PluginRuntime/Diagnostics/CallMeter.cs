namespace PluginRuntime.Diagnostics;

/// <summary>What calls of one action of one instance are measured by when they succeed, made once: it is the way that must cost little.</summary>
/// <param name="tags">instance, connector, action and code.</param>
/// <param name="attempts">Counts the attempts that succeed.</param>
internal sealed class CallMeter(KeyValuePair<string, object?>[] tags, StripedCounter attempts)
{
    internal ReadOnlySpan<KeyValuePair<string, object?>> Tags => tags;

    internal StripedCounter Attempts { get; } = attempts;
}
