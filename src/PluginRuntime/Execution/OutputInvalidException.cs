namespace PluginRuntime.Execution;

/// <summary>A connector answered with something that its manifest does not allow. The caller gets none of it.</summary>
public sealed class OutputInvalidException : PluginRuntimeException
{
    private OutputInvalidException(string message, IReadOnlyList<ValidationError> errors)
        : base("output.invalid", message) => Errors = errors;

    /// <summary>What is wrong, each with a pointer into the output.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }

    internal static OutputInvalidException Mismatch(string instance, string action, IReadOnlyList<ValidationError> errors) =>
        new($"The action '{action}' of '{instance}' answered something its output schema does not allow.", errors);

    /// <summary>The same failure as another object, without a stack trace.</summary>
    internal OutputInvalidException Copy() => new(Message, Errors);

    internal static OutputInvalidException TooLarge(int limit) =>
        new($"The output is larger than {limit} bytes.", []);
}
