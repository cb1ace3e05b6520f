namespace PluginRuntime.Execution;

/// <summary>Whether a breaker lets attempts through.</summary>
public enum BreakerState
{
    /// <summary>Every attempt.</summary>
    Closed,

    /// <summary>None: they fail at once.</summary>
    Open,

    /// <summary>One, whose outcome decides.</summary>
    HalfOpen,
}
