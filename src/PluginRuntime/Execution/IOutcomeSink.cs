using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Execution;

/// <summary>
/// Hears what calls find out about an instance. Called on the call path, from many threads at a time: members return at once and do not
/// throw. Each is told which generation it is about, since a late outcome may come from one that is no longer live.
/// </summary>
internal interface IOutcomeSink
{
    /// <summary>The outside system answered, be it with an error.</summary>
    void Answered(Generation generation);

    /// <summary>The outside system could not be reached, or did not answer.</summary>
    void Unreachable(Generation generation, PluginRuntimeException cause);

    /// <summary>An attempt ended with a failure, whatever its kind; it is counted already.</summary>
    void AttemptFailed(Generation generation, PluginRuntimeException cause);

    /// <summary>A connection of a generation was lent for longer than a call can last, or was never given back.</summary>
    void Leaked(LeakReport leak);

    /// <summary>The generation's breaker moved.</summary>
    void BreakerChanged(Generation generation, BreakerState from, BreakerState to);
}
