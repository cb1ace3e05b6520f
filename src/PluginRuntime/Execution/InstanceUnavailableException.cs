namespace PluginRuntime.Execution;

/// <summary>An instance has no live generation: it is not connected, disabled, or being removed.</summary>
public sealed class InstanceUnavailableException : PluginRuntimeException
{
    internal InstanceUnavailableException(string instance, string reason)
        : base("instance.unavailable", $"The instance '{instance}' takes no calls: {reason}") => Instance = instance;

    /// <summary>The instance's name.</summary>
    public string Instance { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
