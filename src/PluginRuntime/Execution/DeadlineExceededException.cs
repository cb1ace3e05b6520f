namespace PluginRuntime.Execution;

/// <summary>A call did not end in time: its deadline passed, or its last attempt took longer than an attempt may.</summary>
public sealed class DeadlineExceededException : PluginRuntimeException
{
    internal DeadlineExceededException(string message, bool wasSent)
        : base("deadline.exceeded", message) => WasSent = wasSent;

    /// <summary>Whether the outside system may have seen the request.</summary>
    public bool WasSent { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
