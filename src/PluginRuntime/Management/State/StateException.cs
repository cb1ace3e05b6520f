namespace PluginRuntime.Management;

/// <summary>Desired state cannot be read or saved.</summary>
/// <param name="message">One sentence: what, where, why.</param>
/// <param name="innerException">The cause.</param>
public sealed class StateException(string message, Exception? innerException = null)
    : PluginRuntimeException("state.failed", message, innerException)
{
    /// <inheritdoc />
    public override bool IsTransient => true;
}
