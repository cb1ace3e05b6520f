namespace PluginRuntime.Execution;

/// <summary>
/// An instance has no live generation: it is not connected, disabled, or being removed (<c>instance.unavailable</c>); or there is no connector for
/// it, or one that nothing carries out (<c>instance.unbound</c>).
/// </summary>
public sealed class InstanceUnavailableException : PluginRuntimeException
{
    private readonly bool _isUnbound;

    internal InstanceUnavailableException(string instance, string reason, bool isUnbound = false)
        : base(isUnbound ? "instance.unbound" : "instance.unavailable", $"The instance '{instance}' takes no calls: {reason}") =>
        (Instance, _isUnbound) = (instance, isUnbound);

    /// <summary>The instance's name.</summary>
    public string Instance { get; }

    /// <inheritdoc />
    public override bool IsTransient => !_isUnbound;
}
