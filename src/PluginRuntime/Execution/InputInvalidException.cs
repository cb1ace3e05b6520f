namespace PluginRuntime.Execution;

/// <summary>The input does not fit the action's schema. Nothing was sent.</summary>
public sealed class InputInvalidException : PluginRuntimeException
{
    internal InputInvalidException(string instance, string action, IReadOnlyList<ValidationError> errors)
        : base("input.invalid", $"The input does not fit the action '{action}' of '{instance}'.") => Errors = errors;

    /// <summary>Everything that is wrong, each with a pointer into the input.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }
}
