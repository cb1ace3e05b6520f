namespace PluginRuntime.Management;

/// <summary>A configuration cannot be used.</summary>
public sealed class ConfigInvalidException : PluginRuntimeException
{
    internal ConfigInvalidException(string instance, IReadOnlyList<ValidationError> errors)
        : base("config.invalid", $"The configuration of '{instance}' has {errors.Count} error(s): {Sentence(errors)}") => Errors = errors;

    /// <summary>Everything that is wrong, each with a pointer into the configuration.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }

    /// <summary>Whether something is wrong that lies outside of the configuration: what a reference or a name leads to.</summary>
    internal bool IsOutside => Errors.Any(error => error.Code is "reference.unresolved" or "credentials.unknown");

    private static string Sentence(IReadOnlyList<ValidationError> errors) =>
        string.Join(" ", errors.Take(5).Select(error => $"{error.Pointer}: {error.Detail}"));
}
