namespace PluginRuntime.Execution;

/// <summary>How an attempt failed, and what that means for its connection.</summary>
internal sealed class AttemptFailure
{
    private AttemptFailure(PluginRuntimeException? cause, bool isUncertain, bool isAbandoned)
    {
        Cause = cause;
        IsUncertain = isUncertain;
        IsAbandoned = isAbandoned;
    }

    /// <summary>The failure; null when the attempt was cancelled.</summary>
    internal PluginRuntimeException? Cause { get; }

    /// <summary>Whether the connection is in an unknown state and must not be used again.</summary>
    internal bool IsUncertain { get; }

    /// <summary>Whether the connector still runs.</summary>
    internal bool IsAbandoned { get; }

    /// <summary>Whether the connector was called at all.</summary>
    internal bool HasBegun { get; private init; } = true;

    /// <summary>The version was given up before the connector was called.</summary>
    internal static AttemptFailure TooLate { get; } = new(null, isUncertain: true, isAbandoned: false) { HasBegun = false };

    internal static AttemptFailure From(PluginRuntimeException cause, bool isUncertain) => new(cause, isUncertain, isAbandoned: false);

    internal static AttemptFailure Cancelled(bool isAbandoned) => new(null, isUncertain: true, isAbandoned);
}
