namespace PluginRuntime.Management;

/// <summary>A generation could not be made ready. Carries the cause and the step it happened in.</summary>
internal sealed class GenerationFailedException(PluginRuntimeException cause, BuildStep step)
    : PluginRuntimeException(cause.Code, cause.Message, cause)
{
    internal PluginRuntimeException Cause { get; } = cause;

    internal BuildStep Step { get; } = step;

    public override bool IsTransient => Cause.IsTransient;

    /// <summary>Whether the package is at fault whatever the outside system does. Later steps may fail because that is down.</summary>
    internal bool IsThePackages => Step == BuildStep.Load && !Cause.IsTransient;
}
