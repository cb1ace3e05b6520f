namespace PluginRuntime.Sdk;

/// <summary>What a connector's author says of an action.</summary>
public sealed class ActionOptions
{
    /// <summary>A short name for people. Default: the id.</summary>
    public string? Name { get; init; }

    /// <summary>What the action does, for people and for programs that choose among actions. Default: empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// True when running it twice has the effect of running it once. Only then may the host try again after something was sent.
    /// Default: false.
    /// </summary>
    public bool Idempotent { get; init; }

    /// <summary>The longest one attempt may take; above zero. Default: null, the instance's <c>attemptTimeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }
}
